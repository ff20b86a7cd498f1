//! Writes a label as YAML does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        label "org.example.variant": "cluster",
        layer "app" { bin "sensord" }
    };
}
