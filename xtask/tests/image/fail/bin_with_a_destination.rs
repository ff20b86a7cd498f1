//! Gives a binary its place as a file has it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" => "/usr/libexec/sensord"
        }
    };
}
