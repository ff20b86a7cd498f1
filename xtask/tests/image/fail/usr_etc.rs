//! Ships into ostree's copy of /etc.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy/sensord.toml" => "/usr/etc/sensord.toml"
        }
    };
}
