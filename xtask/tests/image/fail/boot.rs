//! Ships into /boot.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "quiet" => "/boot/cmdline.txt"
        }
    };
}
