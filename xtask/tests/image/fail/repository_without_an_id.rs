//! Gives a repository its URL alone.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repository: "https://rpms.example/el10" }
        }
    };
}
