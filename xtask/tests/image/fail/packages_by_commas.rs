//! Lists packages without brackets.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages "vsomeip3", "dlt-daemon"
        }
    };
}
