//! Enables several units at once, as systemctl does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            enable ["sshd.service", "sensord.service"]
        }
    };
}
