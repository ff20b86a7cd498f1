//! Misspells an RPM file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages [] { rpm_file: "deploy/diagnostics-2.1-1.noarch.rpm" }
        }
    };
}
