//! Names a target by its architecture alone.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" { target: "arm64", profile: "debug", features: ["can,lin"], package: "my app" }
        }
    };
}
