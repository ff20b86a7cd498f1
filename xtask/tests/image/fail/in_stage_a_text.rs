//! Names the builder image itself.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" { in_stage: "registry.example/autosd-rust:1" }
        }
    };
}
