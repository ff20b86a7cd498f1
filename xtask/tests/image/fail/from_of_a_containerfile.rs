//! Writes FROM for the base.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        from "registry.example/autosd:1"
        layer "app" { bin "sensord" }
    };
}
