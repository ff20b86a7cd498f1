//! Starts a step in two directories.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["make"] { current_dir: "/usr/src", current_dir: "/usr/src/driver" }
        }
    };
}
