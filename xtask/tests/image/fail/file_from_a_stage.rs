//! Copies from a stage, as `COPY --from` does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            file "/src/out/canfw" => "/usr/libexec/canfw" { from: BuildStage::on(Base::stand_in()) }
        }
    };
}
