//! Forgets the suffix, as systemctl lets one.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            enable "sshd"
        }
    };
}
