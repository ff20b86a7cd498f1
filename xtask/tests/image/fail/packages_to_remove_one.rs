//! Removes one package, bare.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages [] { remove: "nano" }
        }
    };
}
