//! Is not done with a line; those around it are whole.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy/sensord.toml" =>
            text "hi\n" => "/var/motd"
            unit "deploy/sensord.service" {
            enable "sshd"
            }
        }
    };
}
