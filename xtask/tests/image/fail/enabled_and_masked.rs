//! Enables and masks a unit.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "deploy/sensord.service" { enabled }
            mask "sensord.service"
        }
    };
}
