//! Writes a drop-in twice.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            drop_in "limits" = "[Service]\nMemoryMax=64M\n" => "sshd.service"
            drop_in "limits.conf" = "[Service]\nTasksMax=9\n" => "sshd.service"
        }
    };
}
