//! Forgets the arrow of one variable among several.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            run ["locale-gen"] { env: ["LANG" => "C.UTF-8", "TZ=UTC"] }
        }
    };
}
