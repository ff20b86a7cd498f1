//! AutoSD's rules: a fault and a near miss of each.

use lapstrake::entry::{Qm, Unit};

use super::*;

#[track_caller]
fn told(name: &str, below: fn() -> Tar, faulty: Layer, near: Layer) {
    assert_eq!(found(name, below(), faulty).len(), 1);
    assert_eq!(found(name, below(), near), []);
}

#[test]
fn what_automotive_image_builder_reads_stays_the_bases() {
    fn base() -> Tar {
        Tar::new()
            .file("usr/lib/bootc-image-builder/disk.yaml", "x")
            .file("usr/lib/bootc/install/05-aib.toml", "[install]\n")
    }
    for path in
        ["/etc/build-info", "/usr/lib/bootc-image-builder/disk.yaml", "/usr/lib/bootc/install/05-aib.toml"]
    {
        told("aib-files", base, Layer::new("a").text("x", path), harmless());
        told("aib-files", base, Layer::new("a").remove(path), harmless());
    }
    let other = Layer::new("a").text("[install]\n", "/usr/lib/bootc/install/50-own.toml");
    told("aib-files", base, Layer::new("a").text("x", "/etc/build-info"), other);
}

#[test]
fn packages_need_a_package_manager() {
    let packages = || Layer::new("p").packages(["vsomeip3"]);
    assert_eq!(found("no-package-manager", Tar::new(), packages()).len(), 1);
    for program in ["dnf", "dnf5", "microdnf"] {
        assert_eq!(
            found("no-package-manager", Tar::new().file(&format!("usr/bin/{program}"), "x"), packages()),
            []
        );
    }
    let workshop = Workshop::stand_in();
    let fetched = image(Layer::new("fetch").run(["/usr/bin/fetch-dnf"])).layer(packages());
    assert!(
        workshop.check(&fetched).iter().all(|finding| finding.name != "no-package-manager"),
        "a step brings it"
    );
}

#[test]
fn the_qm_partition_has_its_etc_and_var_elsewhere() {
    let at = |path: &str| Layer::new("q").text("x", path);
    told("qm-path", Tar::new, at("/usr/lib/qm/rootfs/etc/x"), at("/etc/qm/x"));
    told("qm-path", Tar::new, at("/usr/lib/qm/rootfs/var/lib/x"), at("/usr/lib/qm/rootfs/usr/bin/x"));
}

#[test]
fn files_for_the_qm_partition_need_one() {
    fn partition() -> Tar {
        Tar::new()
            .directory("usr/lib/qm")
            .directory("usr/lib/qm/rootfs")
            .directory("usr/lib/qm/rootfs/usr")
            .directory("usr/lib/qm/rootfs/usr/bin")
    }
    let of = |qm: Qm| Layer::new("qm").entries(qm);
    let file = || of(Qm::new().text("x\n", "/etc/app.conf"));
    for layer in [file(), of(Qm::new().memory_max("2G")), of(Qm::new().enable("a.service", "b.target"))] {
        assert_eq!(found("qm-partition", Tar::new(), layer.clone()).len(), 1);
        assert_eq!(found("qm-partition", partition(), layer), []);
    }
    assert_eq!(found("qm-partition", Tar::new(), Layer::new("a").text("x", "/etc/qm.conf")), []);
    assert_eq!(found("qm-path", partition(), file()), [], "its /etc is at /etc/qm");
}

#[test]
fn state_and_wrong_limits_of_the_qm_partition_are_errors() {
    for (qm, message) in [
        (
            Qm::new().text("x", "/var/lib/x"),
            "path of the QM partition `/var/lib/x` is state, which an image does not change",
        ),
        (
            Qm::new().memory_max("lots"),
            "limit of memory `lots` is neither bytes, such as `2G`, a percentage nor `infinity`",
        ),
        (Qm::new().packages(["mpd", "-y"]), "-y"),
        (Qm::new().enable("a", "b.target"), "unit name `a`"),
        (Qm::new().cpu_weight(0), "weight of processors `0` is not between 1 and 10000"),
    ] {
        let found = found("invalid-value", Tar::new(), Layer::new("qm").entries(qm));
        assert!(found.len() == 1 && found[0].message.contains(message), "{message}: {found:#?}");
    }
}

#[test]
fn nothing_is_kept_in_a_transient_etc() {
    fn kept() -> Tar {
        Tar::new().file(
            "usr/lib/ostree/prepare-root.conf",
            "[composefs]\nenabled = yes\n[etc]\ntransient = false\n",
        )
    }
    let unit = |line: &str| {
        let text = format!("[Service]\nExecStart=/usr/bin/true\n{line}\n");
        Layer::new("u").unit(Unit::text("app.service", text))
    };
    told(
        "transient-etc",
        Tar::new,
        unit("ReadWritePaths=/run -/etc/app"),
        unit("ReadWritePaths=/var/lib/app"),
    );
    assert_eq!(found("transient-etc", kept(), unit("ReadWritePaths=/etc/app")), []);
}

#[test]
fn files_for_masked_generators_are_told() {
    fn masked() -> Tar {
        Tar::new()
            .symlink("etc/systemd/system-generators/systemd-fstab-generator", "/dev/null")
            .file("etc/systemd/system-generators/systemd-rc-local-generator", "")
            .file("usr/lib/systemd/system-generators/systemd-sysv-generator", "x")
    }
    let at = |path: &str| Layer::new("g").text("x", path);
    told("masked-generator", masked, at("/etc/fstab"), at("/etc/fstab.example"));
    told("masked-generator", masked, at("/etc/rc.d/rc.local"), at("/etc/init.d/app"));
}
