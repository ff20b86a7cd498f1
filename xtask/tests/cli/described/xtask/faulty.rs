use lapstrake_xtask::prelude::*;

pub fn faulty() -> Image {
    Image::new("faulty", Base::stand_in())
        .layer(
            Layer::new("binaries")
                .bin("gatewyd")
                .bin("selftest")
                .bin(Bin::new("canprobe").package("diagnostic"))
                .bin(Bin::new("gatewayd").package("diagnostics"))
                .bin(Bin::new("cantrace").features(["tracing"])),
        )
        .layer(
            Layer::new("files")
                .file("deploy/gateway.toml", "/etc/gateway.toml")
                .text("again\n", "/etc/gateway.toml")
                .text("no directory any more\n", "/usr/bin")
                .file("deploy/gatewy.toml", "/etc/typo.toml")
                .file("../outside.toml", "/etc/outside.toml")
                .tree("deploy/gateway.toml", "/usr/share/gateway")
                .file("deploy", "/usr/share/deploy")
                .remove("/usr/lib/os-relase")
                .text("x\n", "etc/relative")
                .with(File::text("x\n", "/etc/decimal").mode(755))
                .with(File::text("x\n", "/etc/owned").owner("sensrod"))
                .with(File::text("x\n", "/etc/owned-too").owner("sens rod"))
                .with(
                    File::text("x\n", "/usr/bin/raw")
                        .mode(0o755)
                        .capability("cap_net_rwa=ep"),
                ),
        )
        .layer(Layer::new("files").text("x\n", "/etc/other"))
        .layer(
            Layer::new("units")
                .unit(Unit::text("gateway", "[Service]\n"))
                .unit(Unit::file("deploy/oneshot.service").enabled())
                .unit(Unit::text("can@.service", "[Install]\nWantedBy=multi-user.target\n"))
                .enable("can@.service")
                .enable("gatewayd.sevice")
                .enable("systemd-tmpfiles-clean.tmer")
                .enable("multi-usr.target")
                .unit(Unit::file("deploy/gatewayd.service"))
                .enable("gatewayd.service")
                .mask("gatewayd.service"),
        )
        .layer(["gatewyd2"].into_iter().fold(Layer::new("folded"), Layer::bin))
}

pub fn empty() -> Image {
    Image::new("empty", Base::stand_in()).layer(Layer::new("nothing"))
}
