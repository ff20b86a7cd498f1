//! Forgets the name.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        base: stand_in,
        layer "app" { bin "sensord" }
    };
}
