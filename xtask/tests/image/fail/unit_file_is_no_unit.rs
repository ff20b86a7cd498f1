//! Ships as a unit what is none.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            unit "deploy/sensord.toml" { enabled }
        }
    };
}
