//! Forgets the slash in a line of tmpfiles.d.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            tmpfiles "sensord" ["d var/lib/sensord 0750 sensord sensord -"]
        }
    };
}
