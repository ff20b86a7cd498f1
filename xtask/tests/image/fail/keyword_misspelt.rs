//! Misspells a keyword.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            flie "deploy/sensord.toml" => "/etc/sensord.toml"
            bin "sensord"
        }
    };
}
