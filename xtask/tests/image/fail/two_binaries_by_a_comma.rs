//! Lists binaries behind one keyword.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord", "gateway"
        }
    };
}
