//! Forgets the transport.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: "registry.example/autosd:1",
        layer "app" { bin "sensord" }
    };
}
