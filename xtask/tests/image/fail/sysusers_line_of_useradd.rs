//! Writes a whole word for the type.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            sysusers "sensord" ["user sensord"]
        }
    };
}
