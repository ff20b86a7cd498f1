//! Names the file that cargo makes.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "target/release/sensord"
        }
    };
}
