//! Writes a secret into the description.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["fetch-maps"] { secret: "hunter2" }
        }
    };
}
