//! Writes the command line as one text.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            kargs "10-quiet" ["quiet splash"]
        }
    };
}
