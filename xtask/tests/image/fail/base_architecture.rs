//! Names an architecture that bootc has not.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in { architecture: "armv7" },
        layer "app" { bin "sensord" }
    };
}
