//! Installs as `make install` does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" { at: "/usr/local/bin/sensord" }
        }
    };
}
