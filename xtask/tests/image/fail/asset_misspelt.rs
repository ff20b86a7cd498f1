//! Misspells a file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy/sensrod.toml" => "/etc/sensord.toml"
        }
    };
}
