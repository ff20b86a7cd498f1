//! Copies a line inside an arm.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            match 1 {
                1 => {
                    text "a" => "/etc/a"
                    text "b" => "/etc/a"
                }
                _ => { text "c" => "/etc/a" }
            }
        }
    };
}
