//! Names a layer with a space.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "my app" { bin "sensord" }
    };
}
