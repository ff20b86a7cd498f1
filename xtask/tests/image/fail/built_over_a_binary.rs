//! Lays a stage's result where a binary is.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "canfw"
            built "/src/out/canfw" => "/usr/bin/canfw" { stage: BuildStage::on(Base::stand_in()) }
        }
    };
}
