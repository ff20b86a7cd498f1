//! Says where podman has it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: podman "localhost/autosd:1",
        layer "app" { bin "sensord" }
    };
}
