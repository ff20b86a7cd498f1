//! Writes a mode as chmod(1) takes it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            dir "/usr/share/x" { mode: "u=rwx" }
        }
    };
}
