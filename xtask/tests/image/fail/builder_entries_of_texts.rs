//! Adds the names of binaries where entries are expected.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Layer::new("app").entries(["sensord", "probe"]);
}
