//! Forgets the name of the file.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            kargs ["quiet"]
        }
    };
}
