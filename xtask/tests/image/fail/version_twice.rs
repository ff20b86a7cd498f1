//! Raises the version below the old one.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        version: "1.4.0",
        layer "app" { bin "sensord" }
        version: "1.5.0",
    };
}
