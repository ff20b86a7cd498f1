//! Writes a symlink as ln(1) takes it, with a space.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            symlink "/etc/localtime" "../usr/share/zoneinfo/UTC"
        }
    };
}
