//! Writes the runlevel.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            default_target "multi-user"
        }
    };
}
