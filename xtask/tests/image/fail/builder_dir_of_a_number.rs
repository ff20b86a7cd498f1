//! Puts a directory at a number.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = Layer::new("app").dir(7);
}
