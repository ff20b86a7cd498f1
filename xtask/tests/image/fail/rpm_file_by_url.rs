//! Takes an RPM file from the network.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages [] { rpm_file: "https://rpms.example/diagnostics-2.1-1.noarch.rpm" }
        }
    };
}
