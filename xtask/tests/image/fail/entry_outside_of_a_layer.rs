//! Forgets the layer around an entry.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        bin "sensord"
    };
}
