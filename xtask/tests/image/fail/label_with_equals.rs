//! Writes a label as LABEL takes it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        label "variant=cluster"
        layer "app" { bin "sensord" }
    };
}
