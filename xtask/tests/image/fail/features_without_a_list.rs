//! Writes features as the command line takes them.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" { features: "can lin" }
        }
    };
}
