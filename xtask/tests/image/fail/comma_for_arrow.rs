//! Parts source and destination by a comma, as the builder does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy/sensord.toml", "/etc/sensord.toml"
        }
    };
}
