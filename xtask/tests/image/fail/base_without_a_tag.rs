//! Lets the base float.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: registry "registry.example/autosd",
        layer "app" { bin "sensord" }
    };
}
