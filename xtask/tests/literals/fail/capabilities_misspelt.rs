//! Two letters of a capability changed places.

use lapstrake_xtask::capabilities;

fn main() {
    let _ = capabilities!("cap_net_rwa=ep");
}
