//! Puts a blank into a repository's id.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repository: Repository::new("vendor nightly", "https://rpms.example/el10").unsigned() }
        }
    };
}
