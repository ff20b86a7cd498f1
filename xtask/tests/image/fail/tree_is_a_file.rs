//! Ships a file as a tree.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            tree "deploy/sensord.toml" => "/etc/sensord.toml"
        }
    };
}
