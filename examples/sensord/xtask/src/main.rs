//! The image of `sensord`: its base, its layers and their content.
//!
//! `cargo xtask image build` builds it; `cargo xtask image plan` shows what that would do.

mod rules;

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([sensord()]).checks(rules::checks()).main()
}

/// The layers that change least come first: a device that has them downloads only those above.
fn sensord() -> Image {
    // The stand-in is a base to start with: it needs no network, and does not boot. For a vehicle, name
    // the AutoSD image that your project builds on, and `cargo xtask image lock` pins its digest:
    //
    //     Base::registry(reference!("registry.example/autosd-bootc:10"))
    //
    // One that is on this disk can also be tried without an edit: `--base oci:DIR:TAG`.
    Image::new("sensord", Base::stand_in()).version(env!("CARGO_PKG_VERSION")).layer(config()).layer(app())
}

/// The user, state, config and unit of sensord.
fn config() -> Layer {
    Layer::new("config")
        .sysusers("sensord", ["u sensord - \"Telemetry of this system\" /var/lib/sensord"])
        .tmpfiles(
            "sensord",
            [
                "d /var/lib/sensord 0750 sensord sensord -",
                // The last sample of each boot, for thirty days.
                "d /var/lib/sensord/history 0750 sensord sensord 30d",
            ],
        )
        .file(asset!("deploy/sensord.toml"), path!("/etc/sensord.toml"))
        .unit(Unit::file(asset!("deploy/sensord.service")).enabled())
}

/// The binary alone, and last: a new build of it is one small layer to ship.
fn app() -> Layer {
    Layer::new("app").bin("sensord")
}

#[cfg(test)]
mod declared;
#[cfg(test)]
mod tests;
