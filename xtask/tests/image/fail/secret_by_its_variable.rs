//! Writes a variable as a shell reads it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["fetch-maps"] { secret: Secret::env("maps-token", "$MAPS_TOKEN") }
        }
    };
}
