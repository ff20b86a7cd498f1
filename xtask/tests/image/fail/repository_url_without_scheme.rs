//! Writes a repository's URL as a browser takes it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repository: "vendor" => "rpms.example/el10" }
        }
    };
}
