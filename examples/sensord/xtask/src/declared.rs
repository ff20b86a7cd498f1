//! The same image by `image!`, which rustc checks. Choose the form that your team reads better and delete the
//! other; a test compares the two.

use lapstrake_xtask::prelude::*;

/// The image, as `sensord()` of `main.rs` describes it.
pub(crate) fn sensord() -> Image {
    image! {
        name: "sensord",
        base: stand_in,
        version: env!("CARGO_PKG_VERSION"),

        layer "config" {
            sysusers "sensord" ["u sensord - \"Telemetry of this system\" /var/lib/sensord"]
            tmpfiles "sensord" [
                "d /var/lib/sensord 0750 sensord sensord -",
                "d /var/lib/sensord/history 0750 sensord sensord 30d",
            ]
            file "deploy/sensord.toml" => "/etc/sensord.toml"
            unit "deploy/sensord.service" { enabled }
        }

        layer "app" {
            bin "sensord"
        }
    }
}
