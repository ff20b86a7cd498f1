//! Pastes a line of the builder.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            .bin("sensord")
            enable "sshd.service"
        }
    };
}
