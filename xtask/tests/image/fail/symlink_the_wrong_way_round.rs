//! Writes the target first, as ln(1) does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            symlink "../usr/share/zoneinfo/UTC" -> "/etc/localtime"
        }
    };
}
