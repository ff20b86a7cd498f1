//! Says chown for owner.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "key" => "/etc/key" { chown: "root:root" }
        }
    };
}
