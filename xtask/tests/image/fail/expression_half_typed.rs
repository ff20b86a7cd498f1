//! Stops in the middle of an expression.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => path() +
            bin "sensord"
        }
    };
}
