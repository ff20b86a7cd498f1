//! Copies a directory from a stage, as `COPY --from` does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            tree "/src/dist" => "/usr/share/page" { stage: BuildStage::on(Base::stand_in()) }
        }
    };
}
