//! The first slash was forgotten.

use lapstrake_xtask::tmpfiles_line;

fn main() {
    let _ = tmpfiles_line!("d var/lib/sensord 0750 sensord sensord -");
}
