//! Forgets the brackets around one line.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            sysusers "sensord" "u sensord -"
        }
    };
}
