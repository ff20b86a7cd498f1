//! Ships what is gone at boot, by its old name.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            symlink "/var/run/sensord" -> "/tmp/x"
        }
    };
}
