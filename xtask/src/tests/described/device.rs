//! What systemd and the services of a device read: units, accounts, and lines of configuration.

use lapstrake::entry::{
    CaCertificate, Conf, DropIn, EntryKind, Group, HealthCheck, Kargs, Sysusers, Tmpfiles, Unit, UnitState,
    User, Zone,
};
use proptest::prelude::*;

/// The sources of its entries.
pub(super) const SOURCES: [(&str, &[u8]); 3] = [
    ("deploy/admin.pub", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHRlc3Q100%\\x admin@desk\n"),
    ("deploy/fleet.conf", b"u fleet -\nu! once 801\n"),
    ("deploy/ca.pem", b"-----BEGIN CERTIFICATE-----\nMAMBAQE=\n-----END CERTIFICATE-----\n"),
];

/// What the base has for it: a firewall, and the checks of a boot.
pub(super) const DIRECTORIES: [&str; 6] = [
    "usr/lib/firewalld",
    "usr/lib/firewalld/services",
    "usr/lib/firewalld/zones",
    "usr/lib/greenboot",
    "usr/lib/greenboot/check",
    "usr/lib/greenboot/check/required.d",
];
pub(super) const FILES: [(&str, &str); 2] = [
    ("usr/lib/firewalld/services/http.xml", "<service><port port=\"80\" protocol=\"tcp\"/></service>\n"),
    (
        "usr/lib/firewalld/zones/public.xml",
        "<?xml version=\"1.0\"?>\n<zone>\n  <short>Public</short>\n</zone>\n",
    ),
];
/// Makes a bundle of all certificates.
pub(super) const UPDATE_CA_TRUST: &[u8] = b"#!/usr/bin/busybox sh
cd /usr/share/pki/ca-trust-source/anchors && exec /usr/bin/busybox cat * >/usr/share/bundle.pem
";

/// One of these entries.
pub(super) fn entry() -> impl Strategy<Value = EntryKind> {
    prop_oneof![4 => unit(), 3 => account(), 3 => conf(), 1 => zone(), 1 => health_check(), 2 => lines()]
}

/// A certificate authority, whose bundle a program makes.
pub(super) fn certificate() -> EntryKind {
    CaCertificate::file("deploy/ca.pem").into()
}

fn name() -> impl Strategy<Value = String> {
    "[a-c]{1,2}"
}

fn service() -> impl Strategy<Value = String> {
    name().prop_map(|name| format!("{name}.service"))
}

fn unit() -> impl Strategy<Value = EntryKind> {
    let install = prop_oneof![Just(""), Just("\n[Install]\nWantedBy=multi-user.target\nAlias=z.service\n")];
    let written = (service(), install, any::<bool>()).prop_map(|(name, install, is_for_users)| {
        let unit = Unit::text(name, format!("[Service]\nExecStart=/usr/bin/sh\n{install}"));
        let unit = if install.is_empty() { unit } else { unit.enabled() };
        if is_for_users { unit.for_users() } else { unit }
    });
    let state = (service(), 0..4).prop_map(|(name, which)| match which {
        0 => UnitState::masked(name),
        1 => UnitState::enabled(name).if_present(),
        2 => UnitState::disabled(name).if_present(),
        _ => UnitState::default_target("multi-user.target"),
    });
    prop_oneof![
        3 => written.prop_map(EntryKind::from),
        1 => service().prop_map(|name| Unit::file("deploy/player.service").named(name).into()),
        2 => state.prop_map(EntryKind::from),
        1 => (name(), service(), 0_u8..20).prop_map(|(name, unit, nice)| {
            DropIn::text(name, format!("[Service]\nNice={nice}\n"), unit).into()
        }),
    ]
}

fn account() -> impl Strategy<Value = EntryKind> {
    let system = (name(), any::<bool>(), "[ -9;-~]{0,12}").prop_map(|(name, has_home, description)| {
        let user = User::system(format!("app-{name}")).description(description).groups(["wheel"]);
        if has_home { user.home("/var/lib/app") } else { user }
    });
    let login = (name(), 1000_u32..1010, any::<[bool; 4]>()).prop_map(|(name, id, with)| {
        let mut user = User::login(format!("admin-{name}"), id);
        for (is_with, add) in with.into_iter().zip(LOGIN) {
            user = if is_with { add(user) } else { user };
        }
        user
    });
    prop_oneof![
        system.prop_map(EntryKind::from),
        login.prop_map(EntryKind::from),
        (name(), 900_u32..910).prop_map(|(name, id)| Group::new(format!("can-{name}")).id(id).into()),
    ]
}

const LOGIN: [fn(User) -> User; 4] = [
    |user| user.authorized_keys("deploy/admin.pub"),
    |user| user.sudo("ALL"),
    |user| user.subids(100_000, 65_536),
    User::lingering,
];

fn conf() -> impl Strategy<Value = EntryKind> {
    let one = prop_oneof![
        (name(), 0_u32..2)
            .prop_map(|(name, on)| Conf::sysctl(name, [("net.ipv4.ip_forward", on.to_string())])),
        (name(), "[a-z]{2,5}").prop_map(|(name, module)| Conf::modules_load(name, [module])),
        name().prop_map(|name| Conf::udev_rules(name, [r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#])),
        (name(), service()).prop_map(|(name, unit)| Conf::preset(name, [format!("enable {unit}")])),
        (name(), "[ -~]{0,12}").prop_map(|(name, value)| Conf::environment(name, [("PORT", value)])),
        name().prop_map(|name| Conf::sshd(name, [("PermitRootLogin", "no")])),
        "[a-z]{1,8}".prop_map(Conf::hostname),
        Just(Conf::locale("C.UTF-8")),
    ];
    one.prop_map(EntryKind::from)
}

fn zone() -> impl Strategy<Value = EntryKind> {
    let name = prop_oneof![Just("public"), Just("fleet")];
    (name, 1_u16..9000, any::<[bool; 2]>()).prop_map(|(name, port, [has_service, masquerades])| {
        let zone = Zone::new(name).port(format!("{port}/tcp")).interface("eth0").source("10.0.0.0/8");
        let zone = if has_service { zone.service("http") } else { zone };
        if masquerades { zone.masquerade() } else { zone }.into()
    })
}

fn health_check() -> impl Strategy<Value = EntryKind> {
    let command = (name(), "[ -~]{0,12}")
        .prop_map(|(name, word)| HealthCheck::command(name, ["/usr/bin/printf".to_owned(), word]).into());
    prop_oneof![command, service().prop_map(|unit| HealthCheck::unit(unit).into())]
}

/// Lines of the readers that make accounts and files at boot, and arguments of the kernel.
fn lines() -> impl Strategy<Value = EntryKind> {
    prop_oneof![
        (name(), 800_u32..810).prop_map(|(name, id)| {
            Sysusers::lines(name.as_str(), [format!("u fleet-{name} {id}").as_str()]).into()
        }),
        Just(Sysusers::file("deploy/fleet.conf").into()),
        (name(), "[a-c]{1,2}").prop_map(|(name, at)| {
            Tmpfiles::lines(name, [format!("d /var/lib/{at} 0750 root root -").as_str()]).into()
        }),
        (name(), any::<bool>()).prop_map(|(name, is_for_arm)| {
            let kargs = Kargs::new(name, ["quiet", "console=\"tty S0\""]);
            if is_for_arm { kargs.match_architectures(["arm64"]).into() } else { kargs.into() }
        }),
    ]
}
