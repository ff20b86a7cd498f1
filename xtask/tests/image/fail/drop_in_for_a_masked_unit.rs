//! Changes a unit that can't start.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            mask "sshd.service"
            drop_in "limits" = "[Service]\nMemoryMax=64M\n" => "sshd.service"
        }
    };
}
