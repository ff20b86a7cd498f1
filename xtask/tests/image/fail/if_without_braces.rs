//! Forgets the braces of an if.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            if true bin "sensord"
            enable "sshd.service"
        }
    };
}
