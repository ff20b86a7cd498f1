//! What stops a device from booting although bootc takes the image: targets, kernel arguments, mounts, libraries.
//! Each fault has a near miss beside it. The verdicts are those of bootc 1.16.9 and of booted machines.

use super::*;

/// The severities and messages of one check about a layer.
fn reported(name: &str, layer: Layer) -> Vec<(Severity, String)> {
    let found = found(name, Tar::new(), layer);
    assert!(found.iter().all(|finding| finding.blame != Some(Blame::Base)), "{found:#?}");
    found.into_iter().map(|finding| (finding.severity, finding.message)).collect()
}

fn severities(name: &str, layer: Layer) -> Vec<Severity> {
    reported(name, layer).into_iter().map(|(severity, _)| severity).collect()
}

fn text(content: &str, at: &str) -> Layer {
    Layer::new("app").text(content, at)
}

#[test]
fn a_configuration_of_the_installation_is_read_as_bootc_reads_it() {
    let of = |content: &str| severities("bootc-install", text(content, "/usr/lib/bootc/install/10-app.toml"));
    for wrong in [
        "[install\n",
        "[install]\nroot-fs-type = \"ext3\"\n",
        "[install.filesystem.root]\ntype = \"zfs\"\n",
        "[install]\nkargs = \"quiet\"\n",
    ] {
        assert_eq!(of(wrong), [Severity::Fatal], "{wrong}");
    }
    assert_eq!(of("[install]\nroot-fstype = \"xfs\"\n"), [Severity::Warning], "an unknown key");
    let right = "[install]\nkargs = [\"quiet\"]\nmatch-architectures = [\"x86_64\"]\n[install.filesystem.root]\ntype = \"btrfs\"\n";
    assert_eq!(of(right), []);
    let unread = text("[install\n", "/usr/lib/bootc/install/README");
    assert_eq!(severities("bootc-install", unread), [], "bootc reads only `.toml`");
}

#[test]
fn the_system_boots_to_a_target_that_starts_something() {
    let kargs = |karg: &str| severities("boot-target", Layer::new("app").kargs("10-app", [karg]));
    for wrong in [
        "systemd.unit=emergency.target",
        "systemd.unit=rescue.target",
        "single",
        "1",
        "emergency",
        "systemd.unit=nosuch.target",
    ] {
        assert_eq!(kargs(wrong), [Severity::Fatal], "{wrong}");
    }
    for right in ["systemd.unit=multi-user.target", "rd.systemd.unit=emergency.target", "quiet", "panic=1"] {
        assert_eq!(kargs(right), [], "{right}");
    }
    let link = |target: &str| {
        severities("boot-target", Layer::new("app").symlink(target, "/etc/systemd/system/default.target"))
    };
    assert_eq!(link("/usr/lib/systemd/system/emergency.target"), [Severity::Fatal]);
    assert_eq!(link("/usr/lib/systemd/system/multi-user.target"), []);
}

#[test]
fn a_kernel_argument_names_what_the_image_has() {
    let of = |karg: &str| severities("kernel-arguments", Layer::new("app").kargs("10-app", [karg]));
    assert_eq!(of("init=/usr/bin/no-init"), [Severity::Fatal]);
    assert_eq!(of("root=/dev/nowhere"), [Severity::Warning]);
    for right in ["init=/usr/lib/os-release", "rootwait", "console=ttyS0", "rw"] {
        assert_eq!(of(right), [], "{right}");
    }
}

#[test]
fn prepare_root_is_read_as_ostree_reads_it() {
    let at = "/usr/lib/ostree/prepare-root.conf";
    let of = |content: &str| severities("prepare-root", text(content, at));
    for wrong in [
        "composefs = yes\n",
        "[composefs\nenabled = yes\n",
        "[composefs]\nenabled\n",
        "[composefs]\nenabled = on\n",
        "[etc]\ntransient = maybe\n",
    ] {
        assert_eq!(of(wrong), [Severity::Fatal], "{wrong}");
    }
    let right = "# mounts\n[composefs]\nenabled = verity\n[etc]\ntransient = true\n";
    let messages = reported("prepare-root", text(right, at));
    assert!(messages[0].0 == Severity::Warning && messages[0].1.contains("initramfs"), "{messages:?}");
    let kernel = Workshop::stand_in();
    let known = kernel.base.index.tree().walk().find(|(path, _)| path.as_str().ends_with("/vmlinuz"));
    let initramfs = format!("{}/initramfs.img", known.unwrap().0.parent().unwrap());
    let with = |content: &str| severities("prepare-root", text(content, at).text("new", initramfs.as_str()));
    assert_eq!(with(right), [], "the initramfs is new, too");
    assert_eq!(with("[composefs]\nenabled = signed\n"), [Severity::Fatal], "nothing signs it");
}

#[test]
fn a_mount_of_fstab_can_fail_without_stopping_the_boot() {
    let of = |line: &str| severities("fstab", text(line, "/etc/fstab"));
    for wrong in [
        "LABEL=data /var/data ext4 defaults 0 2\n",
        "/dev/vdb1 /var/data ext4 ro 0 0\n",
        "UUID=1234 none swap sw 0 0\n",
        "LABEL=data /var/data\n",
        "/usr/share/a /data none bind 0 0\n",
    ] {
        assert_eq!(of(wrong), [Severity::Warning], "{wrong}");
    }
    for right in [
        "# LABEL=data /var/data ext4\n\n",
        "LABEL=data /var/data ext4 nofail,ro 0 2\n",
        "LABEL=data /var/data ext4 x-systemd.automount 0 2\n",
        "tmpfs /tmp tmpfs size=10M 0 0\n",
        "LABEL=root / xfs ro 0 0\n",
        "/usr/share/a /var/a none bind 0 0\n",
    ] {
        assert_eq!(of(right), [], "{right}");
    }
    let finding = &found("fstab", Tar::new(), text("LABEL=d /var/d ext4 ro 0 2\n", "/etc/fstab"))[0];
    assert_eq!(finding.help.as_deref(), Some("write `LABEL=d /var/d ext4 ro,nofail`"));
}

#[test]
fn accounts_have_a_source_that_the_image_has() {
    let of = |content: &str| severities("nsswitch", text(content, "/etc/nsswitch.conf"));
    assert_eq!(of("passwd: nosuch\n"), [Severity::Fatal]);
    assert_eq!(of("passwd:\ngroup: [NOTFOUND=return] nosuch # files\n"), [Severity::Fatal, Severity::Fatal]);
    for right in ["passwd: nosuch files\n", "# passwd: nosuch\n", "hosts: nosuch\n", ""] {
        assert_eq!(of(right), [], "{right}");
    }
    let by_library = Tar::new().file("usr/lib64/libnss_sss.so.2", "x");
    let layer = text("passwd: sss\n", "/etc/nsswitch.conf");
    assert!(found("nsswitch", by_library, layer).is_empty(), "the library is the source");
}

#[test]
fn what_every_process_may_change_is_reported() {
    let of = |mode: u32, at: &str| {
        severities(
            "world-writable",
            Layer::new("app").with(lapstrake::entry::File::text("x\n", at).mode(mode)),
        )
    };
    assert_eq!(of(0o666, "/etc/app.conf"), [Severity::Warning]);
    assert_eq!(of(0o777, "/usr/bin/app"), [Severity::Warning]);
    assert_eq!(of(0o664, "/etc/app.conf"), []);
    assert_eq!(of(0o755, "/usr/bin/app"), []);
}

#[test]
fn a_symlink_leads_to_something() {
    let of = |target: &str, at: &str| severities("dangling-link", Layer::new("app").symlink(target, at));
    assert_eq!(of("/usr/lib/app/nosuch", "/usr/lib/app/run"), [Severity::Warning]);
    assert_eq!(of("nosuch", "/usr/lib/app/run"), [Severity::Warning]);
    for target in ["/run/app/socket", "/var/lib/app", "/proc/self/mounts", "/dev/null", "/usr/lib/os-release"]
    {
        assert_eq!(of(target, "/usr/lib/app/run"), [], "{target}");
    }
}

#[test]
fn a_directory_of_modules_without_a_kernel_stops_resealing() {
    let layer = || text("x", "/usr/lib/modules/9.9/extra/can.ko");
    assert_eq!(severities("kernel", layer()), [Severity::Warning]);
    let aib = Tar::new().file("usr/lib/bootc/install/05-aib.toml", "[install]\n");
    let of_aib: Vec<_> = found("kernel", aib, layer()).into_iter().map(|finding| finding.severity).collect();
    assert_eq!(of_aib, [Severity::Fatal], "`aib reseal` takes the first name");
}

#[test]
fn boot_stays_a_directory() {
    assert_eq!(severities("nonempty-boot", Layer::new("app").remove("/boot")), [Severity::Fatal]);
}

#[test]
fn bootc_wants_one_of_two_labels_with_any_value() {
    let of = |labels: serde_json::Value, image: Image| {
        let workshop = Workshop::hostile_with(&serde_json::json!({ "Labels": labels }));
        let found = workshop.check(&image).into_iter().filter(|finding| finding.name == "bootc-label");
        found.map(|finding| finding.severity).collect::<Vec<_>>()
    };
    let plain = || image(harmless());
    assert_eq!(of(serde_json::json!({}), plain()), [Severity::Fatal]);
    assert_eq!(of(serde_json::json!({ "containers.bootc": "0" }), plain()), []);
    assert_eq!(of(serde_json::json!({ "ostree.bootable": "true" }), plain()), []);
    assert_eq!(of(serde_json::json!({}), plain().label("containers.bootc", "1")), []);
    assert_eq!(of(serde_json::json!({}), plain().allow("bootc-label")), []);
}
