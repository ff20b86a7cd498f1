//! Ships users.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            text "sensord:x:990:990::/:/sbin/nologin\n" => "/etc/passwd"
        }
    };
}
