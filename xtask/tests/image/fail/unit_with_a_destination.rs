//! Says where a unit goes, which is known.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "deploy/sensord.service" => "/usr/lib/systemd/system/sensord.service"
        }
    };
}
