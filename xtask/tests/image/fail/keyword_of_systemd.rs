//! Says service for unit.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            service "deploy/sensord.service" { enabled }
        }
    };
}
