//! Two arguments were written as one text.

use lapstrake_xtask::karg;

fn main() {
    let _ = karg!("quiet splash");
}
