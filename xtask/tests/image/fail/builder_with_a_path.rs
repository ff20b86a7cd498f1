//! Adds a path where an entry is expected.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Layer::new("app").with("deploy/sensord.toml");
}
