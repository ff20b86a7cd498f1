//! Writes a repository's key as its `.repo` file has it.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["vsomeip3"] { repository: "vendor" => "https://rpms.example/el10" { gpgkey: "deploy/sensord.toml" } }
        }
    };
}
