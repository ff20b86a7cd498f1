//! Computes a value where it is wanted.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            let path = "/etc/motd";
            text "hi\n" => "/etc/motd"
        }
    };
}
