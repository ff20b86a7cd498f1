//! Stops before the stage.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            built "/src/out/canfw" => "/usr/libexec/canfw" { stage: }
        }
    };
}
