//! Forgets the name of a layer.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer { bin "sensord" }
    };
}
