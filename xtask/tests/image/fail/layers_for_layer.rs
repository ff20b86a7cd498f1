//! Says layers for one.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layers "app" { bin "sensord" }
    };
}
