//! Has only begun.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {};
}
