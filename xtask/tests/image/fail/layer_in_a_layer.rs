//! Forgets to close a layer.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord"
            layer "config" { dir "/usr/share/x" }
        }
    };
}
