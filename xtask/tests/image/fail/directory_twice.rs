//! Says two modes of one directory.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            dir "/usr/share/x" { mode: 0o755 }
            dir "/usr/share/x" { mode: 0o700 }
        }
    };
}
