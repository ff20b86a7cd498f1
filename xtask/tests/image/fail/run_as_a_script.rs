//! Writes a script, as RUN takes it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run "ldconfig && rm -f /usr/lib/old"
        }
    };
}
