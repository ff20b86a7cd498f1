//! An appliance of packages that do what those of a distribution do, with users, a firewall and a program of its own.
//! The test puts it in place of the image of `project/`.

use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    Xtask::new([appliance()]).main()
}

/// A repository that the image has and does not use.
const EXTRAS: &str = "[extras]\nname=extras\nbaseurl=http://127.0.0.1:8000/signed\ngpgcheck=0\nenabled=0\n";

fn appliance() -> Image {
    Image::new("appliance", Base::oci("parts/base:rig"))
        .layer(services())
        .layer(extras())
        .layer(product())
}

/// The services, and what becomes of their units in the layer that brings them.
fn services() -> Layer {
    Layer::new("services")
        .with(packages([
            "rig-daemon",
            "rig-direct",
            "rig-editor",
            "rig-greeter-1.0",
            "rig-library",
            "rig-modules",
            "rig-old",
            "rig-ping",
            "rig-policy",
            "rig-timer",
            "rig-weak",
        ]))
        // A package of the next layer has its files below `/opt`, which is a link.
        .with(Run::shell("mkdir -p $(readlink -m /opt)"))
        .text(EXTRAS, "/etc/yum.repos.d/extras.repo")
        .with(Edit::of("/etc/rig-daemon/rig-daemon.conf").replace("listen = 7447", "listen = 7448"))
        .enable("rig-daemon.service")
        .disable("rig-timer.timer")
        .mask("rig-daemon-helper.service")
        .with(File::text("peer = 1\n", "/etc/rig-daemon/conf.d/site.conf").mode(0o640).owner("rig-daemon"))
}

/// What follows, on the tree of the services.
fn extras() -> Layer {
    Layer::new("extras")
        .with(
            packages([
                "@Rig Tools",
                "rig-firewall",
                "rig-python",
                "rig-signed",
                "rig-tilde",
                "rig-user",
                "rig-vendor",
            ])
            .and_remove(["rig-weak"])
                .module("rigpython:3.1")
                .enable_repository("extras")
                .upgrade_all()
                .allow_erasing(),
        )
        .with(Zone::new("public").port("7448/tcp"))
        .with(File::text("token\n", "/etc/rig-daemon/token").mode(0o600).owner("rig-daemon:rig-direct"))
}

/// The program of the appliance, its account, and the account of a mechanic.
fn product() -> Layer {
    Layer::new("product")
        .user(User::system("gatewayd").home("/var/lib/gatewayd").groups(["rig-daemon"]))
        .user(User::login("mechanic", 1000).groups(["wheel"]).authorized_keys(asset!("deploy/mechanic.pub")))
        .bin(Bin::new("gatewayd").in_stage(BuildStage::on(Base::oci("parts/builder:rust"))))
        .unit(Unit::file(asset!("deploy/gatewayd.service")).enabled())
        .text("can0 eth0\n", "/usr/share/gateway/routes")
}

fn packages<const N: usize>(names: [&'static str; N]) -> Packages {
    Packages::install(names).repository(Repository::new("rig", "http://127.0.0.1:8000/repo").unsigned())
}
