//! Writes an option behind an entry, without braces.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "key" => "/etc/key" mode: 0o600
            bin "sensord"
        }
    };
}
