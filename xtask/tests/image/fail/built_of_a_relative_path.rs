//! Names a stage's file as make does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            built "out/canfw" => "/usr/libexec/canfw" { stage: BuildStage::on(Base::stand_in()) }
        }
    };
}
