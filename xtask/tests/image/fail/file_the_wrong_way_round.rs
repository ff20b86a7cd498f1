//! Writes the destination first.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "/etc/sensord.toml" => "deploy/sensord.toml"
        }
    };
}
