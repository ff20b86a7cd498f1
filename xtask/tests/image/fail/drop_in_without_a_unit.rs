//! Forgets which unit a drop-in changes.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            drop_in "deploy/memory.conf"
        }
    };
}
