//! Writes a secret as a variable.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["fetch-maps"] { secret: "token" => "MAPS_TOKEN" }
        }
    };
}
