//! Writes every keyword as a field.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            bin: "sensord"
        }
    };
}
