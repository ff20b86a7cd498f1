//! Puts a password into a URL.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repository: "vendor" => "https://me:secret@rpms.example/el10" }
        }
    };
}
