//! Ships a temporary file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "x" => "/tmp/sensord.lock"
        }
    };
}
