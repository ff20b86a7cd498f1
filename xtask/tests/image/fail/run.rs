//! Ships what is gone at boot.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            dir "/run/sensord"
        }
    };
}
