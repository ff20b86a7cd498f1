//! The type was written out, as a word.

use lapstrake_xtask::sysusers_line;

fn main() {
    let _ = sysusers_line!("user sensord");
}
