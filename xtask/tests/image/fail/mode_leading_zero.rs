//! Writes a mode as C has it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            dir "/usr/share/x" { mode: 0755 }
        }
    };
}
