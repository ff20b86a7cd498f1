//! The flags were forgotten.

use lapstrake_xtask::capabilities;

fn main() {
    let _ = capabilities!("cap_net_raw");
}
