//! Writes a command line, as RUN takes it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run "systemctl enable sensord"
        }
    };
}
