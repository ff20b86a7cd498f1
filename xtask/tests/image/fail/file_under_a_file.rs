//! Makes a directory of what is a file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "a\n" => "/etc/sensord"
            text "b\n" => "/etc/sensord/log.toml"
        }
    };
}
