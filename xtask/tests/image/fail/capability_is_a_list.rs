//! Lists capabilities.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin "sensord" { capability: ["cap_net_raw=ep"] }
        }
    };
}
