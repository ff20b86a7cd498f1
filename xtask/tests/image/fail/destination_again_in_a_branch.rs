//! Writes in a branch what is there anyway.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => "/etc/motd"
            if cfg!(debug_assertions) {
                text "debug\n" => "/etc/motd"
            }
        }
    };
}
