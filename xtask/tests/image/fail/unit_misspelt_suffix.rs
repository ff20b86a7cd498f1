//! Misspells a suffix.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            mask "systemd-resolved.sevice"
        }
    };
}
