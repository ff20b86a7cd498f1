//! bootc's lints, where it takes a base of another shape. Each fault has a near miss beside it.

use tar::EntryType;

use super::*;

/// What the base's fault is called in the finding.
fn of_base(name: &str, below: Tar) -> Vec<String> {
    let found = found(name, below, harmless());
    assert!(found.iter().all(|finding| finding.blame == Some(Blame::Base)), "{found:#?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Warning), "{found:#?}");
    found.into_iter().map(|finding| finding.message).collect()
}

/// What a layer's fault is called.
fn of_layer(name: &str, layer: Layer) -> Vec<Severity> {
    let found = found(name, Tar::new(), layer);
    assert!(found.iter().all(|finding| finding.blame != Some(Blame::Base)), "{found:#?}");
    found.into_iter().map(|finding| finding.severity).collect()
}

#[test]
fn the_stand_in_with_a_harmless_layer_has_no_finding() {
    let workshop = Workshop::stand_in();
    assert_eq!(workshop.check(&image(harmless())), []);
}

#[test]
fn a_base_without_a_mount_point_is_told_and_is_not_the_layers_fault() {
    assert_eq!(of_base("api-base-directories", Tar::new().file("run", "")).len(), 1);
    assert_eq!(of_base("api-base-directories", Tar::new().directory("run")), [""; 0]);
}

#[test]
fn sysroot_and_ostree_are_as_ostree_wants_them() {
    let absolute = Tar::new().symlink("ostree", "/sysroot/ostree");
    assert_eq!(of_base("baseimage-root", absolute).len(), 1);
    assert_eq!(of_base("baseimage-root", Tar::new().file("sysroot", "")).len(), 1);
    assert_eq!(of_base("baseimage-root", Tar::new().symlink("ostree", "sysroot/ostree")), [""; 0]);
    let copy = Tar::new().directory("usr/share/doc/bootc/baseimage/base");
    assert_eq!(of_base("baseimage-root", copy).len(), 1, "bootc's own copy of a root is looked at too");
}

#[test]
fn composefs_is_on() {
    let with = |text: &str| {
        of_base("baseimage-composefs", Tar::new().file("usr/lib/ostree/prepare-root.conf", text))
    };
    assert_eq!(with("[composefs]\nenabled = no\n").len(), 1);
    assert_eq!(with("[other]\nenabled = yes\n").len(), 1);
    for on in ["yes", "true", "signed", "verity"] {
        assert_eq!(with(&format!("# x\n[composefs]\nenabled={on}\n")), [""; 0], "{on}");
    }
}

#[test]
fn kernel_arguments_are_read_as_bootc_reads_them() {
    let file =
        |text: &str| of_layer("bootc-kargs", Layer::new("k").text(text, "/usr/lib/bootc/kargs.d/10-x.toml"));
    for wrong in
        ["kargs = \"quiet\"\n", "karg = [\"quiet\"]\n", "kargs = [\"quiet\"]\nmore = 1\n", "", "\u{0}"]
    {
        assert_eq!(file(wrong), [Severity::Fatal], "{wrong:?}");
    }
    for right in ["kargs = [\"quiet\"]\n", "kargs = []\nmatch-architectures = [\"aarch64\"]\n"] {
        assert_eq!(file(right), [], "{right:?}");
    }
    assert_eq!(file("kargs = []\nmatch-architectures = [\"arm64\"]\n"), [Severity::Warning]);
    let unread = Layer::new("k").text("kargs = []\n", "/usr/lib/bootc/kargs.d/10-x.conf");
    assert_eq!(of_layer("bootc-kargs", unread), [Severity::Warning], "bootc does not read it");
}

#[test]
fn usr_etc_is_not_beside_etc() {
    assert_eq!(of_base("etc-usretc", Tar::new().directory("usr/etc")).len(), 1);
    assert_eq!(of_base("etc-usretc", Tar::new().directory("usr/etcetera")), [""; 0]);
}

#[test]
fn there_is_one_kernel_with_its_initramfs() {
    let kernel = |path: &str| Layer::new("kernel").text("x", path);
    assert_eq!(
        of_layer("kernel", kernel("/usr/lib/modules/9.9/vmlinuz")),
        [Severity::Fatal, Severity::Fatal]
    );
    let modules = kernel("/usr/lib/modules/9.9/extra/can.ko");
    assert_eq!(of_layer("kernel", modules), [Severity::Warning], "a kernel that is not there");
    let of_base_kernel = Workshop::stand_in();
    let known = of_base_kernel.base.index.tree().walk().find(|(path, _)| path.as_str().ends_with("/vmlinuz"));
    let directory = known.unwrap().0.parent().unwrap();
    assert_eq!(of_layer("kernel", kernel(&format!("{directory}/extra/can.ko"))), []);
    let removed = Layer::new("kernel").remove(format!("{directory}/vmlinuz").as_str());
    assert_eq!(of_layer("kernel", removed), [Severity::Fatal], "none is left");
    let bare = Layer::new("kernel").remove(format!("{directory}/initramfs.img").as_str());
    assert_eq!(of_layer("kernel", bare), [Severity::Fatal], "no initramfs");
}

#[test]
fn two_kernels_of_the_base_do_not_hide_other_findings() {
    let below = Tar::new().file("usr/lib/modules/9.9/vmlinuz", "x").directory("usr/etc");
    let workshop = Workshop::on_stand_in_and(below.end());
    let names: Vec<_> = workshop.check(&image(harmless())).into_iter().map(|finding| finding.name).collect();
    assert!(names.contains(&"kernel") && names.contains(&"etc-usretc"), "{names:?}");
}

#[test]
fn var_run_is_a_symlink() {
    assert_eq!(of_base("var-run", Tar::new().directory("var/run")).len(), 1);
    assert_eq!(of_base("var-run", Tar::new().symlink("var/run", "../run")), [""; 0]);
}

#[test]
fn what_a_container_build_left_is_told() {
    assert_eq!(of_base("buildah-injected", Tar::new().file("etc/hostname", "")).len(), 1);
    assert_eq!(of_base("buildah-injected", Tar::new().file("etc/hostname", "x\n")), [""; 0]);
    assert_eq!(of_base("buildah-injected", Tar::new().symlink("etc/resolv.conf", "../run/x")), [""; 0]);
}

#[test]
fn boot_is_empty_but_for_efi() {
    assert_eq!(of_base("nonempty-boot", Tar::new().file("boot/grub.cfg", "x")).len(), 1);
    assert_eq!(of_base("nonempty-boot", Tar::new().file("boot/EFI/Linux/x.efi", "x")), [""; 0]);
    assert_eq!(of_layer("nonempty-boot", Layer::new("b").text("x", "/boot/x")), [Severity::Fatal]);
}

#[test]
fn run_and_tmp_are_empty_but_for_what_podman_lends() {
    assert_eq!(of_base("nonempty-run-tmp", Tar::new().directory("run/dnf")).len(), 1);
    assert_eq!(of_base("nonempty-run-tmp", Tar::new().file("tmp/left", "x")).len(), 1);
    let lent = Tar::new().file("run/systemd/resolve/stub-resolv.conf", "");
    assert_eq!(of_base("nonempty-run-tmp", lent), [""; 0]);
    let more = of_base("nonempty-run-tmp", Tar::new().file("run/systemd/resolve/else", ""));
    assert!(more[0].contains("/run/systemd/resolve/else"), "{more:?}");
    assert_eq!(of_layer("nonempty-run-tmp", Layer::new("r").dir("/tmp/x")), [Severity::Fatal]);
}

#[test]
fn accounts_of_the_base_are_in_sysusers() {
    let passwd = "root:x:0:0::/root:/bin/sh\nweb:x:990:990::/:/sbin/nologin\n";
    let found = of_base("sysusers", Tar::new().file("etc/passwd", passwd));
    assert!(found.len() == 1 && found[0].contains("`web`"), "{found:?}");
    let made = Tar::new()
        .file("etc/passwd", passwd)
        .file("usr/lib/sysusers.d/web.conf", "g web 990\nu web 990:990\n");
    assert_eq!(of_base("sysusers", made), [""; 0]);
}

#[test]
fn logs_of_the_build_are_told() {
    assert_eq!(of_base("var-log", Tar::new().file("var/log/dnf5.log", "x")).len(), 1);
    assert_eq!(of_base("var-log", Tar::new().file("var/log/lastlog", "")), [""; 0], "an empty one is none");
}

#[test]
fn state_has_a_line_of_tmpfiles() {
    assert_eq!(of_base("var-tmpfiles", Tar::new().directory("var/lib/app")).len(), 1);
    let made = Tar::new()
        .directory("var/lib/a b")
        .file("usr/lib/tmpfiles.d/a.conf", "d /var/lib 0755\n# x\nd \"/var/lib/a b\" 0750 - - -\n");
    assert_eq!(of_base("var-tmpfiles", made), [""; 0]);
    assert_eq!(of_layer("var-tmpfiles", Layer::new("v").text("x", "/var/lib/x")), [Severity::Fatal]);
    assert_eq!(
        of_layer("var-tmpfiles", Layer::new("v").text("x", "/opt/x")),
        [Severity::Fatal],
        "/opt -> var/opt"
    );
}

#[test]
fn a_tree_in_a_refused_place_is_one_finding() {
    let workshop = Workshop::stand_in();
    for file in ["a", "b", "sub/c"] {
        workshop.source(&format!("deploy/{file}"), b"x");
    }
    let layer = Layer::new("v").tree("deploy", "/var/lib/app");
    let found: Vec<_> =
        workshop.check(&image(layer)).into_iter().filter(|found| found.name == "var-tmpfiles").collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("4 more"), "{}", found[0].message);
}

#[test]
fn many_faults_of_the_base_are_one_finding_that_names_five() {
    let mut below = Tar::new();
    for name in 0..9 {
        below = below.file(&format!("var/log/{name}.log"), "x");
    }
    let found = of_base("var-log", below);
    assert!(found.len() == 1 && found[0].ends_with("and 4 more"), "{found:?}");
}

#[test]
fn users_and_other_peoples_places_are_refused() {
    for path in ["/etc/passwd", "/etc/gshadow-", "/proc/x", "/sys/x", "/dev/x"] {
        let found = of_layer("refused-destination", Layer::new("p").text("x", path));
        assert_eq!(found, [Severity::Fatal], "{path}");
    }
    for path in ["/etc/passwdd", "/usr/local/bin/x", "/device"] {
        assert_eq!(of_layer("refused-destination", Layer::new("p").text("x", path)), [], "{path}");
    }
}

/// A description says `/opt`, and a base of bootc has a link there: the finding explains the other path.
#[test]
fn a_path_behind_a_link_of_the_base_is_explained() {
    let base = || {
        Tar::new().directory("var").directory("var/opt").member(
            b"opt",
            EntryType::Symlink,
            "var/opt",
            0o777,
            b"",
        )
    };
    let messages = |layer: Layer| {
        let workshop = Workshop::on_stand_in_and(base().end());
        let found =
            workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == "var-tmpfiles");
        found.map(|finding| finding.message).collect::<Vec<_>>()
    };
    let explained = "; it is written as `/opt/x`, and `/opt` is a link to `var/opt` in the base";
    let found = messages(Layer::new("app").text("x\n", "/opt/x"));
    assert!(
        matches!(found.as_slice(), [message] if message.starts_with("`/var/opt/x`") && message.ends_with(explained)),
        "{found:#?}"
    );
    let found = messages(Layer::new("app").text("x\n", "/var/opt/x"));
    assert!(matches!(found.as_slice(), [message] if !message.contains("link to")), "{found:#?}");
}
