//! What bootc's lints miss: a fault and a near miss of each.

use lapstrake::entry::{File, Initramfs, Symlink};

use super::*;

fn names(below: Tar, layer: Layer) -> Vec<&'static str> {
    let workshop = Workshop::on_stand_in_and(below.end());
    workshop.check(&image(layer)).into_iter().map(|finding| finding.name).collect()
}

/// The layer is faulty, the other one is not; on the same base.
#[track_caller]
fn told(name: &str, below: fn() -> Tar, faulty: Layer, near: Layer) {
    let found = names(below(), faulty);
    assert!(found.contains(&name), "{found:?}");
    let found = names(below(), near);
    assert!(!found.contains(&name), "{found:?}");
}

/// The base is faulty, the other one is not.
#[track_caller]
fn told_of_base(name: &str, faulty: Tar, near: Tar) {
    let found = found(name, faulty, harmless());
    assert!(found.iter().any(|finding| finding.blame == Some(Blame::Base)), "{found:#?}");
    assert_eq!(self::found(name, near, harmless()), []);
}

fn users(lines: &[&str]) -> Layer {
    Layer::new("users").sysusers("web", lines.iter().copied())
}

#[test]
fn a_fixed_gid_has_a_line_of_its_own() {
    told("sysusers-gid", Tar::new, users(&["u web 990:990"]), users(&["u web 990:990", "g web 990"]));
    told("sysusers-gid", Tar::new, users(&["u web -:web2"]), users(&["u web 990"]));
    let fixes = |lines: &[&str]| {
        let found = found("sysusers-gid", Tar::new(), users(lines));
        found.into_iter().map(|finding| finding.fix.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(fixes(&["u web 990:990"]), [true]);
    assert_eq!(fixes(&["u web 990:990", "g web 991"]), [false], "the group has another number");
    told("sysusers-gid", Tar::new, users(&["u web 990:990"]), users(&["u web 990:81"]));
}

#[test]
fn group_and_gshadow_agree() {
    let with =
        |gshadow: &str| Tar::new().file("etc/group", "root:x:0:\nweb:x:990:\n").file("etc/gshadow", gshadow);
    told_of_base("gshadow", with("root:::\n"), with("root:::\nweb:!::\n"));
    told_of_base(
        "gshadow",
        with("root:::\nweb:!::\ngone:!::\n"),
        Tar::new().file("etc/group", "root:x:0:\n"),
    );
}

#[test]
fn every_number_has_an_account() {
    let owned = |owner: &str| Layer::new("o").with(File::text("x", "/etc/app.key").owner(owner));
    told("owner-number", Tar::new, owned("4711:0"), owned("81:81"));
    told(
        "owner-number",
        Tar::new,
        owned("0:4711"),
        owned("4711:4711").sysusers("a", ["g a 4711", "u a 4711:4711"]),
    );
}

#[test]
fn usr_is_roots() {
    let at = |path: &str| Layer::new("o").with(File::text("x", path).owner("dbus"));
    told("usr-owner", Tar::new, at("/usr/share/x"), at("/etc/x"));
    // The group of a set-group-ID program is that with whose rights it runs.
    let mode = |mode: u32| Layer::new("o").with(File::text("x", "/usr/bin/x").mode(mode).owner("root:dbus"));
    told("usr-owner", Tar::new, mode(0o4755), mode(0o2755));
}

#[test]
fn the_rights_of_a_program_are_those_of_its_bits() {
    for (mode, whose) in
        [(0o4755, "its owner's"), (0o2755, "its group's"), (0o6755, "its owner's and its group's")]
    {
        let layer = Layer::new("m").with(File::text("x", "/usr/bin/x").mode(mode));
        let message = format!("`/usr/bin/x` has mode {mode:04o}: it runs with {whose} rights");
        assert_eq!(found("setuid", Tar::new(), layer)[0].message, message);
    }
}

#[test]
fn setuid_programs_are_told() {
    let mode = |mode: u32| Layer::new("m").with(File::text("x", "/usr/bin/x").mode(mode));
    told("setuid", Tar::new, mode(0o4755), mode(0o755));
    told("setuid", Tar::new, mode(0o2755), mode(0o1755));
}

#[test]
fn device_nodes_and_pipes_are_told_outside_of_dev() {
    let member = |name: &str, kind| Tar::new().member(name.as_bytes(), kind, "", 0o600, b"");
    told_of_base(
        "special-file",
        member("var/lib/x", tar::EntryType::Char),
        member("dev/x", tar::EntryType::Char),
    );
    told_of_base("special-file", member("usr/x", tar::EntryType::Fifo), Tar::new().file("usr/x", ""));
}

#[test]
fn modes_of_tmpfiles_are_octal_and_make_sense() {
    let line = |line: &str| Layer::new("t").tmpfiles("t", [line]);
    told("tmpfiles-mode", Tar::new, line("d /var/lib/t 0888"), line("d /var/lib/t 0750"));
    told("tmpfiles-mode", Tar::new, line("d /var/lib/t 0644"), line("f /var/lib/t 0644"));
    told("tmpfiles-mode", Tar::new, line("d /var/lib/t 0777"), line("d /var/lib/t ~1777"));
    told("tmpfiles-mode", Tar::new, line("d /var/lib/t rwx"), line("L /var/lib/t - - - - /usr/x"));
}

#[test]
fn owners_of_tmpfiles_are_made() {
    let line = |line: &str| Layer::new("t").tmpfiles("t", [line]);
    told("tmpfiles-owner", Tar::new, line("d /var/lib/t 0750 web root"), line("d /var/lib/t 0750 dbus root"));
    let made = line("d /var/lib/t 0750 web web").sysusers("web", ["u web -"]);
    told("tmpfiles-owner", Tar::new, line("d /var/lib/t 0750 root web"), made);
    told("tmpfiles-owner", Tar::new, line("d /var/lib/t 0750 web"), line("d /var/lib/t 0750 990 :990"));
}

#[test]
fn directories_of_the_base_stay_directories() {
    let below = || {
        Tar::new()
            .file("usr/lib/ostree/prepare-root.conf", "[composefs]\nenabled = yes\n")
            .directory("etc/app")
            .file("etc/app/a", "")
    };
    let removed = Layer::new("e").remove("/etc/app");
    told("etc-merge", below, removed.clone(), Layer::new("e").remove("/etc/app/a"));
    let fatal = |below: fn() -> Tar, layer: Layer| -> Vec<Severity> {
        found("etc-merge", below(), layer).into_iter().map(|finding| finding.severity).collect()
    };
    assert_eq!(fatal(below, removed.clone()), [Severity::Fatal]);
    let linked = Layer::new("e").remove("/etc/app").symlink("/usr/share/app", "/etc/app");
    assert_eq!(fatal(below, linked), [Severity::Fatal]);
    // A transient /etc is never merged.
    assert_eq!(fatal(|| Tar::new().directory("etc/app"), removed), []);
    told("etc-merge", Tar::new, Layer::new("e").remove("/opt").dir("/opt"), Layer::new("e").remove("/opt"));
}

#[test]
fn bound_images_are_there_and_pinned() {
    let place = "/usr/share/containers/systemd/app.container";
    let link = || Symlink::to(place, "/usr/lib/bootc/bound-images.d/app.container");
    let bound =
        |image: &str| Layer::new("b").text(format!("[Container]\nImage={image}\n"), place).with(link());
    told("bound-image", Tar::new, Layer::new("b").with(link()), bound("registry.example/a@sha256:00"));
    told("bound-image", Tar::new, bound("registry.example/a:1"), bound("registry.example/a:1@sha256:00"));
    let file = Layer::new("b").text("x", "/usr/lib/bootc/bound-images.d/app.container");
    told("bound-image", Tar::new, file, bound("app.image"));
}

#[test]
fn a_machine_id_is_uninitialized_or_absent() {
    let id = |text: &str| Layer::new("m").text(text, "/etc/machine-id");
    told("machine-id", Tar::new, id(""), id("uninitialized\n"));
    told("machine-id", Tar::new, id("0123456789abcdef0123456789abcdef\n"), harmless());
    told_of_base(
        "machine-id",
        Tar::new().file("etc/machine-id", ""),
        Tar::new().file("etc/machine-id", "uninitialized\n"),
    );
}

#[test]
fn new_top_levels_have_a_file_context() {
    fn policy() -> Tar {
        let contexts =
            "# x\n/.*\tsystem_u:object_r:default_t:s0\n/usr/.*\tsystem_u:object_r:usr_t:s0\n/maps(/.*)?\tx\n";
        Tar::new()
            .file("etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=automotive\n")
            .file("etc/selinux/automotive/contexts/files/file_contexts", contexts)
    }
    told("selinux-label", policy, Layer::new("s").dir("/data"), Layer::new("s").dir("/maps/eu"));
    told("selinux-label", policy, Layer::new("s").text("x", "/etc/x"), Layer::new("s").text("x", "/usr/x"));
    assert!(!names(Tar::new(), Layer::new("s").dir("/data")).contains(&"selinux-label"), "without a policy");
}

#[test]
fn other_top_levels_are_read_only() {
    told(
        "top-level",
        Tar::new,
        Layer::new("t").text("x", "/data/x"),
        Layer::new("t").text("x", "/usr/share/x"),
    );
}

/// Each mode and owner is refused or taken by the reader's own source.
#[test]
fn a_file_that_its_reader_ignores_is_a_fault() {
    let file = |path: &str, mode: u32, owner: &str| {
        Layer::new("read").with(File::text("x\n", path).mode(mode).owner(owner))
    };
    let connection = "/etc/NetworkManager/system-connections/can.nmconnection";
    for (path, refused, taken) in [
        (
            connection,
            &[(0o644, "0:0"), (0o640, "0:0"), (0o600, "81:81")][..],
            &[(0o600, "0:0"), (0o400, "0:0")][..],
        ),
        ("/usr/lib/NetworkManager/system-connections/a.nmconnection", &[(0o644, "0:0")], &[(0o600, "0:0")]),
        ("/etc/NetworkManager/conf.d/a.conf", &[], &[(0o644, "0:0")]),
        (
            "/etc/sudoers.d/app",
            &[(0o646, "0:0"), (0o660, "0:81"), (0o440, "81:0")],
            &[(0o440, "0:0"), (0o660, "0:0"), (0o644, "0:0")],
        ),
        ("/etc/sudoers.d/README.md", &[], &[(0o666, "81:81")]),
        (
            "/etc/cron.d/app",
            &[(0o755, "0:0"), (0o664, "0:0"), (0o644, "81:0")],
            &[(0o644, "0:0"), (0o400, "0:0")],
        ),
        ("/etc/cron.d/app~", &[], &[(0o755, "0:0")]),
        ("/etc/cron.daily/app", &[], &[(0o755, "0:0")]),
        ("/etc/logrotate.d/app", &[(0o664, "0:0"), (0o644, "81:0")], &[(0o644, "0:0"), (0o755, "0:0")]),
        (
            "/usr/share/polkit-1/rules.d/50-app.rules",
            &[(0o600, "0:0"), (0o640, "0:0")],
            &[(0o644, "0:0"), (0o640, "0:81")],
        ),
        ("/etc/ssh/ssh_host_rsa_key", &[(0o644, "0:0"), (0o640, "0:0")], &[(0o600, "0:0"), (0o640, "0:81")]),
        ("/etc/ssh/ssh_host_rsa_key.pub", &[], &[(0o644, "0:0")]),
        ("/usr/share/app/.ssh/authorized_keys", &[(0o664, "0:0")], &[(0o644, "0:0"), (0o600, "81:81")]),
    ] {
        for (mode, owner) in refused {
            let found = found("reader-mode", Tar::new(), file(path, *mode, owner));
            let [finding] = found.as_slice() else { panic!("{path} {mode:o} {owner}: {found:#?}") };
            assert_eq!(finding.severity, Severity::Fatal);
        }
        for (mode, owner) in taken {
            let found = found("reader-mode", Tar::new(), file(path, *mode, owner));
            assert!(found.is_empty(), "{path} {mode:o} {owner}: {found:#?}");
        }
    }
    let help = found("reader-mode", Tar::new(), file(connection, 0o644, "0:0"))[0].help.clone();
    assert_eq!(help.as_deref(), Some("write `.mode(0o600)`"));
    let help = found("reader-mode", Tar::new(), file(connection, 0o600, "81:0"))[0].help.clone();
    assert_eq!(help.as_deref(), Some("write `.mode(0o600).owner(\"0:0\")`"));
}

#[test]
fn systemd_warns_about_modes_of_units_that_it_reads() {
    let unit = |path: &str, mode: u32| Layer::new("u").with(File::text("[Unit]\n", path).mode(mode));
    for (path, mode) in [
        ("/usr/lib/systemd/system/app.service", 0o755),
        ("/etc/systemd/system/app.service.d/a.conf", 0o744),
        ("/etc/systemd/user/app.timer", 0o666),
    ] {
        let found = found("reader-mode", Tar::new(), unit(path, mode));
        assert!(
            matches!(found.as_slice(), [finding] if finding.severity == Severity::Warning),
            "{path}: {found:#?}"
        );
        assert_eq!(self::found("reader-mode", Tar::new(), unit(path, 0o644)), [], "{path}");
    }
    let generator = "/usr/lib/systemd/system-generators/app";
    assert_eq!(found("reader-mode", Tar::new(), unit(generator, 0o755)), []);
}

#[test]
fn a_certificate_is_trusted_once_the_bundles_are_made_anew() {
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let fedora = || Layer::new("ca").text(certificate, "/usr/share/pki/ca-trust-source/anchors/fleet.pem");
    let debian =
        |name: &str| Layer::new("ca").text(certificate, format!("/usr/local/share/ca-certificates/{name}"));
    let count = |layers: &[Layer]| {
        let image = layers
            .iter()
            .fold(Image::new("trusted", Base::stand_in()), |image, layer| image.layer(layer.clone()));
        let findings = Workshop::on_stand_in_and(Tar::new().end()).check(&image);
        findings.iter().filter(|finding| finding.name == "ca-certificate").count()
    };
    let update = || Layer::new("update").run(["update-ca-trust"]);
    assert_eq!(count(&[fedora()]), 1);
    assert_eq!(count(&[update(), fedora()]), 1, "too early");
    assert_eq!(count(&[fedora(), update()]), 0);
    assert_eq!(count(&[fedora().run(["update-ca-trust"])]), 0);
    assert_eq!(count(&[debian("fleet.crt")]), 1);
    assert_eq!(count(&[debian("fleet.pem").run(["update-ca-certificates"])]), 1, "only `.crt` is read");
    assert_eq!(count(&[debian("fleet.crt").run(["update-ca-certificates"])]), 0);
}

#[test]
fn an_initramfs_has_only_modules_of_the_image() {
    let dracut = || {
        let directories = ["usr", "usr/lib", "usr/lib/dracut", "usr/lib/dracut/modules.d"];
        let tar = directories.into_iter().fold(Tar::new(), Tar::directory);
        tar.directory("usr/lib/dracut/modules.d/60clevis").directory("usr/lib/dracut/modules.d/90crypt")
    };
    let unlock = |module: &str| Layer::new("i").entries(Initramfs::regenerated().modules(["crypt", module]));
    let count = |tar: Tar, layer: Layer| {
        let image = Image::new("unlock", Base::stand_in()).layer(layer);
        let findings = Workshop::on_stand_in_and(tar.end()).check(&image);
        findings.iter().filter(|finding| finding.name == "dracut-module").count()
    };
    assert_eq!(count(dracut(), unlock("clevi")), 1);
    assert_eq!(count(dracut(), unlock("clevis")), 0);
    assert_eq!(count(Tar::new(), unlock("clevi")), 0, "dracut itself is missing");
    let written = |line: &str| Layer::new("i").text(line, "/etc/dracut.conf.d/own.conf");
    assert_eq!(count(dracut(), written("force_add_dracutmodules+=\" tpm2-tss \" # disk\n")), 1);
    assert_eq!(count(dracut(), written("add_dracutmodules+=\" $mine \"\n# add_dracutmodules+=\" a \"\n")), 0);
}
