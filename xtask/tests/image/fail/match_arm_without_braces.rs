//! Forgets the braces of an arm.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            match 1 {
                1 => bin "a",
                _ => {}
            }
        }
    };
}
