//! Gives a flag a value.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "deploy/sensord.service" { enabled: true }
        }
    };
}
