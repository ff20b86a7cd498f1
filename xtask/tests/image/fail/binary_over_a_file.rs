//! Ships a script in the place of a binary.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "#!/bin/sh\n" => "/usr/bin/sensord" { mode: 0o755 }
            bin "sensord"
        }
    };
}
