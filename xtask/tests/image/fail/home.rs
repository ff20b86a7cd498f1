//! Ships a home.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            tree "deploy" => "/home/sensord"
        }
    };
}
