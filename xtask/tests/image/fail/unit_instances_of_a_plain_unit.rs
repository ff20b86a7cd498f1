//! Wants instances of what is no template.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "can.service" = "[Service]\n" { instances: ["can0"] }
        }
    };
}
