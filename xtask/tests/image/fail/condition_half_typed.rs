//! Stops in the middle of a condition.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            if variant == {
                bin "sensord"
            }
            enable "sshd"
        }
    };
}
