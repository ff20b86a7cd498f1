//! Enables and disables a unit.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            enable "sshd.service"
            disable "sshd.service"
        }
    };
}
