//! Forgets the lines.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            sysusers "sensord"
            bin "sensord"
        }
    };
}
