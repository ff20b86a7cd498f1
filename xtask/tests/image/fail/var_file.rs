//! Ships a file of state.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "{}" => "/var/lib/sensord/state.json"
        }
    };
}
