//! Gives a shell an argument list.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            shell ["systemctl", "preset-all"]
        }
    };
}
