//! Forgets the first slash.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => "etc/motd"
        }
    };
}
