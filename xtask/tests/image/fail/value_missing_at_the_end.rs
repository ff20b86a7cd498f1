//! Stops in the middle of a line.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord"
            file "deploy/sensord.toml" =>
        }
    };
}
