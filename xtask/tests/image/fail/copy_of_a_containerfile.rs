//! Writes what a Containerfile calls it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            COPY "deploy/sensord.toml" => "/etc/sensord.toml"
        }
    };
}
