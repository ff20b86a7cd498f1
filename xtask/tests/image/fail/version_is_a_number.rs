//! Writes a version as a number.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        version: 1.4,
        layer "app" { bin "sensord" }
    };
}
