//! Takes the wrong arrow for a symlink.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            symlink "/etc/localtime" => "../usr/share/zoneinfo/UTC"
        }
    };
}
