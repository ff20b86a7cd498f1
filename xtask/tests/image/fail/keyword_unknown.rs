//! Wants what a layer does not have.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            crontab "PATH" = "/usr/bin"
        }
    };
}
