//! Forgets the base.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        layer "app" { bin "sensord" }
    };
}
