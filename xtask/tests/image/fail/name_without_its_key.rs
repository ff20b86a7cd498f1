//! Forgets the key of the name.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        "telematics",
        base: stand_in,
        layer "app" { bin "sensord" }
    };
}
