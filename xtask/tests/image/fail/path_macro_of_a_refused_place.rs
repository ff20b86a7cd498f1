//! Keeps the builder's path! around a place that is refused.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file asset!("deploy/sensord.toml") => path!("/usr/etc/sensord.toml")
        }
    };
}
