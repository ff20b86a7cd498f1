//! Boots to two targets.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            default_target "multi-user.target"
            default_target "graphical.target"
        }
    };
}
