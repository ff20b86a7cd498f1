//! Makes a directory of what a lower layer has as a file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "config" { text "a\n" => "/etc/sensord" }
        layer "app" { text "b\n" => "/etc/sensord/log.toml" }
    };
}
