//! Names a cache without its slash.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["fetch-maps"] { cache: "var/cache/maps" }
        }
    };
}
