//! Takes `=` for the arrow.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy/sensord.toml" = "/etc/sensord.toml"
        }
    };
}
