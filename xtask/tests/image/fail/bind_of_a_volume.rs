//! Binds as podman's `-v` has it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["maps-import"] { bind: "deploy:/run/maps" }
        }
    };
}
