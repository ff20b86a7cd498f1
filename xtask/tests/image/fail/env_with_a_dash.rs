//! Sets a variable that no shell could read.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["locale-gen"] { env: "LC-ALL" => "C.UTF-8" }
        }
    };
}
