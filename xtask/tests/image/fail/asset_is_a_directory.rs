//! Ships a directory as a file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "deploy" => "/usr/share/sensord"
        }
    };
}
