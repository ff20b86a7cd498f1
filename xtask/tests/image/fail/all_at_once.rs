//! Six mistakes: six messages, and not one more.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "Telematics",
        base: registry "registry.example/autosd",
        layer "app" {
            bni "sensord"
            file "deploy/sensord.toml" => "etc/sensord.toml" { mode: 644 }
            text "x" => "/usr/etc/x"
            bin "probe"
        }
    };
}
