//! Writes an owner as an old chown(1) took it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "key" => "/etc/key" { owner: "root.sensord" }
        }
    };
}
