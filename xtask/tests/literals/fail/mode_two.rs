//! The modes of a file and of its directory.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0o644, 0o755);
}
