//! Sets a variable as a shell does.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["locale-gen"] { env: "LANG=C.UTF-8" }
        }
    };
}
