//! Wants to enable a unit of the base.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "sshd.service" { enabled }
        }
    };
}
