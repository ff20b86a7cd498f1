//! Names the directory of the `.repo` files.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repo_file: "deploy" }
        }
    };
}
