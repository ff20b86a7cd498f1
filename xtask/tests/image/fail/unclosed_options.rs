//! Forgets the brace that closes the options.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => "/etc/motd" {
                mode: 0o644,
            enable "sshd.service"
            }
        }
    };
}
