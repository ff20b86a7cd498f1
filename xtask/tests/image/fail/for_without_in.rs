//! Forgets the in of a loop.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            for bus 0..2 { enable "x.service" }
        }
    };
}
