//! Enabling, disabling and masking: what systemctl would refuse on the device.

use super::{fatal, images, layers, note, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "unknown-unit",
        "what is enabled or masked is a unit of this image or of its base",
        layers(
            r#"Layer::new("app").enable("remote-fss.target")"#,
            r#"Layer::new("app").enable("remote-fs.target")"#,
        ),
    ),
    note(
        "unit-absent",
        "a statement with `if_present` about a unit that the image does not have does nothing",
        layers(
            r#"Layer::new("app").enable_if_present("qemu-guest-agent.service")"#,
            r#"Layer::new("app").enable_if_present("remote-fs.target")"#,
        ),
    ),
    fatal(
        "unit-unread",
        "which links enabling makes is said in the unit's own text, systemd.unit(5)",
        words(
            "`.enable(\"sensord.service\")` where the base's unit is a symlink that leads nowhere",
            "bring the unit by `.unit(Unit::file(…))`, or link it by `.symlink(…)`",
        ),
    ),
    fatal(
        "unit-masked",
        "systemctl(1) enables no unit that is masked",
        images(
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("platform").mask("remote-fs.target"))
    .layer(Layer::new("app").enable("remote-fs.target"))"#,
            r#"Image::new("example", Base::stand_in())
    .layer(Layer::new("platform").mask("remote-fs.target"))
    .layer(Layer::new("app").remove("/etc/systemd/system/remote-fs.target"))
    .layer(Layer::new("later").enable("remote-fs.target"))"#,
        ),
    ),
    fatal(
        "contradictory-unit",
        "a unit can't be both enabled and masked, and the system boots to one target",
        layers(
            r#"Layer::new("app").enable("remote-fs.target").mask("remote-fs.target")"#,
            r#"Layer::new("app").enable("remote-fs.target")"#,
        ),
    ),
    fatal(
        "enabled-without-install",
        "a unit without an `[Install]` section can't be enabled, systemd.unit(5)",
        layers(
            r#"Layer::new("app").unit(
    Unit::text("app.target", "[Unit]\nDescription=App\n").enabled(),
)"#,
            r#"Layer::new("app").unit(
    Unit::text("app.target", "[Unit]\nDescription=App\n[Install]\nWantedBy=multi-user.target\n").enabled(),
)"#,
        ),
    ),
    fatal(
        "install-section",
        "what `[Install]` names are units, with their suffix, systemd.unit(5)",
        layers(
            r#"Layer::new("app").unit(
    Unit::text("app.target", "[Install]\nWantedBy=multi-user\n").enabled(),
)"#,
            r#"Layer::new("app").unit(
    Unit::text("app.target", "[Install]\nWantedBy=multi-user.target\n").enabled(),
)"#,
        ),
    ),
    fatal(
        "template-enabled",
        "of a template only instances can be enabled, unless it has a `DefaultInstance=`",
        layers(
            r#"Layer::new("app").unit(
    Unit::text("can@.target", "[Install]\nWantedBy=multi-user.target\n").enabled(),
)"#,
            r#"Layer::new("app").unit(
    Unit::text("can@.target", "[Install]\nWantedBy=multi-user.target\n").instances(["can0"]),
)"#,
        ),
    ),
    fatal(
        "unit-instance",
        "only a template, whose name has an `@` before the suffix, has instances",
        layers(
            r#"Layer::new("app").unit(
    Unit::text("can.target", "[Install]\nWantedBy=multi-user.target\n").instances(["can0"]),
)"#,
            r#"Layer::new("app").unit(
    Unit::text("can@.target", "[Install]\nWantedBy=multi-user.target\n").instances(["can0"]),
)"#,
        ),
    ),
    fatal(
        "bound-kind",
        "bootc pulls what a `.container` or an `.image` names, and knows no other quadlet",
        layers(
            r#"Layer::new("app").quadlet(Quadlet::text("data.volume", "[Volume]\n").bound())"#,
            r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/lib/systemd/system-generators/podman-system-generator").mode(0o755))
    .quadlet(Quadlet::text("data.volume", "[Volume]\n"))"##,
        ),
    ),
    fatal(
        "default-target",
        "the system boots to a target, systemd.special(7)",
        layers(
            r#"Layer::new("app")
    .unit(Unit::text("app.path", "[Path]\nPathExists=/run/app\n"))
    .default_target("app.path")"#,
            r#"Layer::new("app").default_target("graphical.target")"#,
        ),
    ),
];
