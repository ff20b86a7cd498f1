//! Copies a line and forgets to change its destination.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => "/etc/motd"
            bin "sensord"
            file "deploy/sensord.toml" => "/etc/motd"
        }
    };
}
