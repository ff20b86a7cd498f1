//! Splices what is no path; rustc says so, on it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "hi\n" => vec![1]
        }
    };
}
