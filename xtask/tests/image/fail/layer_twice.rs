//! Copies a layer and keeps its name.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" { bin "sensord" }
        layer "app" { bin "gateway" }
    };
}
