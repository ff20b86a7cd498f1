//! Misspells what a step reads.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["maps-import"] { bind: "delpoy" => "/run/maps" }
        }
    };
}
