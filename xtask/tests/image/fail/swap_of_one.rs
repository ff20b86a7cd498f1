//! Says what goes, and not what comes.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { swap: "coreutils-single" }
        }
    };
}
