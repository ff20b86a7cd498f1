//! The path of a mount in the place of its escaped name.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("var/lib/sensord.mount");
}
