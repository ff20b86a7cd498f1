//! Ships a directory of state.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            dir "/var/lib/sensord"
        }
    };
}
