//! Single quotes, as in a shell.

use lapstrake_xtask::path;

fn main() {
    let _ = path!('/');
}
