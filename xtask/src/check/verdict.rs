//! What becomes of a fault of each check where it is judged in the end, and where that is stated.

use std::fmt;

use serde::Serialize;

/// What becomes of a fault on the device, or at the program that reads it.
///
/// ```
/// use lapstrake_xtask::check::{Fate, registry};
///
/// let check = registry().find(|check| check.name == "exec-missing").unwrap();
/// let verdict = check.verdict().unwrap();
/// assert_eq!(verdict.fate, Fate::Fails);
/// assert_eq!(verdict.source, "systemd.exec(5), exit status 203/EXEC");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fate {
    /// The program that reads it refuses it: it builds, imports, loads or enables nothing.
    Refused,
    /// A service, a boot or a login fails on the device.
    Fails,
    /// Its reader passes over it, and the device does not do what the description says.
    Ignored,
    /// It is in the image, and nobody sees it.
    Lost,
    /// It does harm on some devices, or with some versions.
    Depends,
    /// It works, and costs security, bytes or a later update.
    Works,
}

/// A [`Fate`], and where it is stated.
///
/// ```
/// use lapstrake_xtask::check::{Fate, Verdict};
///
/// let verdict = Verdict { fate: Fate::Refused, source: "bootc container lint, `kernel`" };
/// assert_eq!(verdict.to_string(), "Such a fault is refused: bootc container lint, `kernel`.");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What becomes of a fault.
    pub fate: Fate,
    /// A page of a manual, a specification, or a program with its version.
    pub source: &'static str,
}

/// The verdicts by the names of the checks.
#[rustfmt::skip]
const VERDICTS: &[(&str, Fate, &str)] = &[
    ("base", Fate::Refused, "OCI image-spec: descriptor.md, digests"),
    ("duplicate-image", Fate::Refused, "this tool: one name, one tag in the layout"),
    ("unknown-check", Fate::Ignored, "this tool: `.allow` accepts by the name of a check"),
    ("bootc-label", Fate::Refused, "bootc 1.16 `switch`, `install`, `upgrade`"),
    ("container-config", Fate::Ignored, "bootc: image configuration (\"Bootc images\" guide)"),
    ("workdir-missing", Fate::Depends, "buildah 1.28 to 1.41: WORKDIR"),
    ("sealed-base", Fate::Depends, "Automotive Image Builder: `aib reseal`"),
    ("base-onbuild", Fate::Depends, "Containerfile(5), ONBUILD"),
    ("too-many-layers", Fate::Refused, "containers/storage: the overlay driver"),
    ("empty-image", Fate::Refused, "this tool: an image is its base and layers"),
    ("duplicate-layer", Fate::Refused, "this tool: history and findings go by the name"),
    ("empty-layer", Fate::Ignored, "OCI image-spec: config.md, `empty_layer`"),
    ("invalid-value", Fate::Refused, "Linux: `path_resolution(7)`; passwd(5); systemd.unit(5)"),
    ("label-value", Fate::Refused, "Containerfile(5), LABEL"),
    ("symlink-target", Fate::Refused, "symlink(2): ENOENT, ENAMETOOLONG"),
    ("authorized-keys", Fate::Ignored, "sshd(8), `AUTHORIZED_KEYS FILE FORMAT`"),
    ("password-hash", Fate::Fails, "systemd-sysusers(8), `passwd.hashed-password.USER`; crypt(5)"),
    ("certificate-file", Fate::Ignored, "update-ca-trust(8); update-ca-certificates(8)"),
    ("embedded-image", Fate::Refused, "containers-storage(5); skopeo-copy(1)"),
    ("environment-file", Fate::Ignored, "systemd.exec(5), `EnvironmentFile=`"),
    ("health-check", Fate::Ignored, "greenboot(8); Automotive Image Builder: sysboot"),
    ("firewall", Fate::Fails, "firewalld.zone(5); firewalld.service(5)"),
    ("kernel-modules", Fate::Ignored, "depmod(8); modprobe(8)"),
    ("selinux", Fate::Ignored, "semodule(8); setsebool(8)"),
    ("unknown-owner", Fate::Refused, "chown(1); sysusers.d(5)"),
    ("unknown-binary", Fate::Refused, "cargo-build(1), `--bin`"),
    ("unknown-package", Fate::Refused, "cargo-build(1), `--package`"),
    ("unknown-feature", Fate::Refused, "cargo-build(1), `--features`"),
    ("ambiguous-binary", Fate::Refused, "cargo: output filename collision (issue 6313 of rust-lang/cargo)"),
    ("missing-asset", Fate::Refused, "Containerfile(5), COPY"),
    ("asset-kind", Fate::Refused, "Containerfile(5), COPY"),
    ("asset-outside", Fate::Refused, "Containerfile(5), COPY: the build context"),
    ("unreadable-asset", Fate::Refused, "open(2): EACCES"),
    ("template", Fate::Ignored, "this tool: `File::template`"),
    ("template-left", Fate::Depends, "this tool: `File::template`"),
    ("archive", Fate::Refused, "tar(5); APPNOTE of ZIP, section 4"),
    ("archive-mode", Fate::Depends, "tar(5), mode"),
    ("archive-member", Fate::Ignored, "this tool: `Tree::fetched`"),
    ("nothing-taken", Fate::Ignored, "this tool: `.only`, `.strip_components`"),
    ("unmatched-pattern", Fate::Ignored, "this tool: patterns of a tree"),
    ("source-mode", Fate::Depends, "gitformat-index(5): modes 644 and 755"),
    ("source-owner", Fate::Depends, "Containerfile(5): COPY --from keeps the owner of a file"),
    ("empty-run", Fate::Refused, "Containerfile(5), RUN"),
    ("mount-point", Fate::Refused, "Containerfile(5), RUN --mount"),
    ("duplicate-secret", Fate::Refused, "podman-build(1), --secret"),
    ("empty-packages", Fate::Refused, "dnf(8), install"),
    ("package-transaction", Fate::Refused, "microdnf(8)"),
    ("without-scriptlets", Fate::Depends, "dnf.conf(5), tsflags"),
    ("rpm-file", Fate::Refused, "dnf(8), SPECIFYING PACKAGES"),
    ("repo-file", Fate::Ignored, "dnf.conf(5), REPO OPTIONS"),
    ("repo-directory", Fate::Refused, "`createrepo_c(8)`"),
    ("duplicate-repository", Fate::Ignored, "dnf.conf(5), REPO OPTIONS"),
    ("no-directory", Fate::Refused, "`path_resolution(7)`: ENOTDIR, ELOOP"),
    ("deep-path", Fate::Refused, "`path_resolution(7)`, `PATH_MAX`"),
    ("duplicate-destination", Fate::Lost, "Containerfile(5), COPY: the later one counts"),
    ("directory-metadata", Fate::Ignored, "ostree-rs-ext: import of a layer's directories"),
    ("shadowed-entry", Fate::Works, "OCI image-spec: layer.md, whiteouts"),
    ("type-conflict", Fate::Lost, "OCI image-spec: layer.md, changesets"),
    ("volume-removal", Fate::Lost, "Containerfile(5), VOLUME"),
    ("remove-root", Fate::Refused, "OCI image-spec: layer.md"),
    ("remove-missing", Fate::Ignored, "OCI image-spec: layer.md, whiteouts"),
    ("copy-missing", Fate::Refused, "cp(1)"),
    ("copied-device", Fate::Refused, "ostree: regular files, symlinks and directories alone"),
    ("copy-into-itself", Fate::Refused, "cp(1)"),
    ("edit-missing", Fate::Refused, "sed(1), -i"),
    ("edit-unmatched", Fate::Ignored, "sed(1): `s` without a match"),
    ("duplicate-removal", Fate::Works, "OCI image-spec: layer.md, whiteouts"),
    ("unknown-unit", Fate::Refused, "systemctl(1), enable"),
    ("unit-absent", Fate::Ignored, "systemctl(1), enable"),
    ("unit-unread", Fate::Refused, "systemctl(1), enable"),
    ("unit-masked", Fate::Refused, "systemctl(1), mask"),
    ("contradictory-unit", Fate::Refused, "systemctl(1), enable and mask"),
    ("enabled-without-install", Fate::Ignored, "systemctl(1), enable; systemd.unit(5), [Install]"),
    ("install-section", Fate::Refused, "systemd.unit(5), [Install]"),
    ("template-enabled", Fate::Refused, "systemd.unit(5), `DefaultInstance=`"),
    ("unit-instance", Fate::Refused, "systemctl(1), enable"),
    ("bound-kind", Fate::Refused, "bootc: logically bound images"),
    ("default-target", Fate::Refused, "systemctl(1), set-default"),
    ("api-base-directories", Fate::Refused, "bootc container lint, `api-base-directories`"),
    ("baseimage-root", Fate::Refused, "bootc container lint, `baseimage-root`"),
    ("bootc-kargs", Fate::Refused, "bootc container lint, `bootc-kargs`"),
    ("bootc-install", Fate::Refused, "bootc install configuration, `/usr/lib/bootc/install`"),
    ("etc-usretc", Fate::Refused, "bootc container lint, `etc-usretc`"),
    ("kernel", Fate::Refused, "bootc container lint, `kernel`"),
    ("utf8", Fate::Refused, "bootc container lint, `utf8`"),
    ("var-run", Fate::Refused, "bootc container lint, `var-run`"),
    ("baseimage-composefs", Fate::Works, "bootc container lint, `baseimage-composefs`"),
    ("buildah-injected", Fate::Works, "bootc container lint, `buildah-injected`"),
    ("nonempty-boot", Fate::Works, "bootc container lint, `nonempty-boot`"),
    ("nonempty-run-tmp", Fate::Works, "bootc container lint, `nonempty-run-tmp`"),
    ("sysusers", Fate::Works, "bootc container lint, `sysusers`"),
    ("var-log", Fate::Works, "bootc container lint, `var-log`"),
    ("var-tmpfiles", Fate::Works, "bootc container lint, `var-tmpfiles`"),
    ("refused-destination", Fate::Lost, "bootc: filesystem; ostree: deployment"),
    ("sysusers-gid", Fate::Fails, "systemd-sysusers(8): `u NAME UID:GID`"),
    ("gshadow", Fate::Depends, "systemd-sysusers(8); gshadow(5)"),
    ("sysusers-line", Fate::Ignored, "sysusers.d(5); systemd-sysusers 252"),
    ("tmpfiles-line", Fate::Ignored, "tmpfiles.d(5); systemd-tmpfiles 252"),
    ("owner-number", Fate::Works, "bootc: users and groups"),
    ("usr-owner", Fate::Works, "bootc: users and groups"),
    ("setuid", Fate::Works, "execve(2); chmod(2)"),
    ("reader-mode", Fate::Ignored, "sudoers(5); cron(8); logrotate(8); sshd(8); `NetworkManager.conf`(5)"),
    ("special-file", Fate::Refused, "ostree-rs-ext: import of a layer"),
    ("tmpfiles-mode", Fate::Works, "tmpfiles.d(5), Mode"),
    ("tmpfiles-owner", Fate::Ignored, "tmpfiles.d(5), User, Group"),
    ("etc-merge", Fate::Depends, "ostree: merge of /etc at a deployment"),
    ("bound-image", Fate::Refused, "bootc: logically bound images"),
    ("ca-certificate", Fate::Ignored, "update-ca-trust(8)"),
    ("dracut-module", Fate::Fails, "dracut.conf(5), `add_dracutmodules`"),
    ("machine-id", Fate::Depends, "machine-id(5); systemd.preset(5)"),
    ("selinux-label", Fate::Depends, "`selinux_file_contexts(5)`; ostree: relabelling"),
    ("top-level", Fate::Works, "bootc: filesystem; file-hierarchy(7)"),
    ("boot-target", Fate::Fails, "systemd.special(7); kernel-command-line(7)"),
    ("kernel-arguments", Fate::Fails, "kernel-command-line(7); bootparam(7)"),
    ("unsigned-module", Fate::Fails, "Linux: admin-guide/module-signing.rst, `module.sig_enforce`"),
    ("prepare-root", Fate::Refused, "ostree-prepare-root(1)"),
    ("fstab", Fate::Depends, "fstab(5); systemd-fstab-generator(8)"),
    ("nsswitch", Fate::Fails, "nsswitch.conf(5)"),
    ("world-writable", Fate::Works, "chmod(2)"),
    ("dangling-link", Fate::Depends, "`path_resolution(7)`: ENOENT"),
    ("sysctl-line", Fate::Fails, "sysctl.d(5); systemd-sysctl 252"),
    ("modules-load", Fate::Depends, "modules-load.d(5)"),
    ("udev-rule", Fate::Ignored, "udev(7); udevadm 252"),
    ("udev-program", Fate::Works, "udev(7), RUN"),
    ("environment-line", Fate::Ignored, "environment.d(5)"),
    ("sshd-config", Fate::Fails, "`sshd_config(5)`; `sshd -t` 9.2"),
    ("unread-file", Fate::Ignored, "the manual of each reader"),
    ("unread-drop-in", Fate::Ignored, "systemd.unit(5), drop-ins; systemd-analyze 252"),
    ("sudoers-line", Fate::Fails, "sudoers(5); visudo 1.9"),
    ("misplaced-unit", Fate::Ignored, "systemd.unit(5); podman-systemd.unit(5)"),
    ("unit-encoding", Fate::Ignored, "systemd.syntax(7)"),
    ("unit-directive", Fate::Ignored, "systemd.unit(5), systemd.directives(7); systemd-analyze 252"),
    ("unit-value", Fate::Ignored, "systemd.syntax(7), systemd.time(7); systemd-analyze 252"),
    ("exec-start", Fate::Refused, "systemd.service(5), `ExecStart=`"),
    ("exec-missing", Fate::Fails, "systemd.exec(5), exit status 203/EXEC"),
    ("exec-mode", Fate::Fails, "systemd.exec(5), exit status 203/EXEC"),
    ("script-interpreter", Fate::Fails, "execve(2), interpreter scripts"),
    ("exec-format", Fate::Fails, "execve(2): ENOEXEC; binfmt.d(5)"),
    ("unit-user", Fate::Fails, "systemd.exec(5), exit statuses 216/GROUP and 217/USER"),
    ("unit-path", Fate::Fails, "systemd.exec(5), `EnvironmentFile=`, `WorkingDirectory=`, `ReadWritePaths=`"),
    ("unit-access", Fate::Fails, "systemd.exec(5), exit statuses 200/CHDIR and 203/EXEC"),
    ("install-target", Fate::Ignored, "systemd.unit(5), `WantedBy=`"),
    ("unit-requires", Fate::Fails, "systemd.unit(5), `Requires=`"),
    ("ordering-cycle", Fate::Fails, "systemd.unit(5), `Before=`, `After=`; systemd-analyze 252"),
    ("wants-link", Fate::Ignored, "systemd.unit(5), `.wants/`"),
    ("preset", Fate::Ignored, "systemd.preset(5)"),
    ("dbus-service", Fate::Depends, "dbus-daemon(1), message bus activation"),
    ("dbus-policy", Fate::Depends, "dbus-daemon(1), `<policy>`; systemd.service(5), `Type=dbus`"),
    ("dbus-config", Fate::Depends, "dbus-daemon(1), configuration file; dbus-daemon 1.14 and dbus-broker 33"),
    ("activated-unit", Fate::Refused, "systemd.timer(5), systemd.socket(5), systemd.path(5)"),
    ("incomplete-unit", Fate::Refused, "systemd.timer(5), systemd.socket(5), systemd.mount(5), systemd.service(5)"),
    ("quadlet-generator", Fate::Ignored, "systemd.generator(7)"),
    ("quadlet-key", Fate::Refused, "podman-systemd.unit(5); podman's generator 4.3 and 5"),
    ("quadlet-source", Fate::Refused, "podman-systemd.unit(5)"),
    ("quadlet-image", Fate::Works, "podman-systemd.unit(5), `Image=`"),
    ("embedded-quadlet", Fate::Fails, "podman-pull(1), --policy"),
    ("state-directory", Fate::Works, "systemd.exec(5), `StateDirectory=`; tmpfiles.d(5)"),
    ("privileged-port", Fate::Depends, "ip(7): ports below 1024; capabilities(7)"),
    ("systemd-analyze", Fate::Ignored, "systemd-analyze(1), verify"),
    ("aib-files", Fate::Refused, "Automotive Image Builder: `aib to-disk-image`"),
    ("no-package-manager", Fate::Refused, "Automotive Image Builder: manifest, `content.rpms`"),
    ("qm-path", Fate::Lost, "Automotive Image Builder: QM partition"),
    ("qm-partition", Fate::Lost, "Automotive Image Builder: QM partition"),
    ("transient-etc", Fate::Works, "ostree-prepare-root(1), etc.transient"),
    ("masked-generator", Fate::Ignored, "systemd.generator(7)"),
    ("native-cpu", Fate::Fails, "rustc: codegen options, target-cpu"),
    ("elf-machine", Fate::Fails, "elf(5), `e_machine`; execve(2): ENOEXEC"),
    ("elf-interpreter", Fate::Fails, "elf(5), `PT_INTERP`; execve(2): ENOENT"),
    ("elf-library", Fate::Fails, "ld.so(8)"),
    ("elf-version", Fate::Fails, "ld.so(8): symbol versions"),
    ("base-library", Fate::Fails, "ld.so(8)"),
    ("ldconfig", Fate::Depends, "ldconfig(8); ld.so(8)"),
    ("secret-in-layer", Fate::Works, "OCI image-spec: layer.md, whiteouts hide and do not erase"),
];

impl Verdict {
    /// Returns what becomes of the faults of a check of this crate; nothing of a user's own.
    pub(super) fn of(check: &str) -> Option<Self> {
        let row = VERDICTS.iter().find(|(name, ..)| *name == check)?;
        Some(Self { fate: row.1, source: row.2 })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self.fate {
            Fate::Refused => "Such a fault is refused",
            Fate::Fails => "Such a fault fails on the device",
            Fate::Ignored => "Such a fault is ignored",
            Fate::Lost => "What has the fault is lost",
            Fate::Depends => "Such a fault does harm on some devices",
            Fate::Works => "Such a fault works, at a cost",
        };
        write!(f, "{fate}: {}.", self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::{Example, registry};
    use crate::finding::Severity;

    /// The checks whose severity is another than the fate of their faults asks for, and why.
    const EXCEPTIONS: [(&str, &str); 18] = [
        ("workdir-missing", "a native build and podman must make one image"),
        ("base-onbuild", "a native build and podman must make one image"),
        ("secret-in-layer", "no later image takes it back"),
        ("ca-certificate", "a program may read the directory itself, and a service may make the bundles"),
        ("container-config", "the image may be run as a container, too"),
        (
            "directory-metadata",
            "the directory is there, and only an update from an image without it is wrong",
        ),
        ("empty-layer", "nothing is lost"),
        ("masked-generator", "a later image of the base may have the generator"),
        ("systemd-analyze", "it is the systemd of this machine, and not the image's"),
        ("unit-directive", "the rest of the unit is read; what stops the unit is an error"),
        ("unit-value", "the rest of the unit is read; what stops the unit is an error"),
        ("unmatched-pattern", "nothing is taken that was not meant"),
        ("unread-file", "a reader that this crate does not know may take it"),
        ("wants-link", "the rest of the target starts"),
        ("unread-drop-in", "the unit runs without it, and a package may bring the unit later"),
        ("preset", "a package that is installed later may bring the unit"),
        ("archive-member", "the author said which members to take"),
        ("unit-absent", "the author said `if_present`"),
    ];

    #[test]
    fn every_check_says_what_becomes_of_its_fault_and_who_says_so() {
        let checks: BTreeSet<_> = registry().map(|check| check.name).collect();
        let verdicts: BTreeSet<_> = VERDICTS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(verdicts, checks);
        assert_eq!(verdicts.len(), VERDICTS.len(), "each once");
        for (name, _, source) in VERDICTS {
            assert!(!source.is_empty() && !source.ends_with('.'), "{name}: {source}");
        }
    }

    #[test]
    fn a_fault_is_an_error_exactly_where_the_image_does_not_do_what_it_says() {
        let mut exceptions: BTreeSet<_> = EXCEPTIONS.iter().map(|(name, _)| *name).collect();
        for check in registry() {
            let fate = check.verdict().unwrap().fate;
            let stops = matches!(fate, Fate::Refused | Fate::Fails | Fate::Ignored | Fate::Lost);
            if stops != (check.severity == Severity::Fatal) {
                assert!(exceptions.remove(check.name), "`{}`: {:?}, {fate:?}", check.name, check.severity);
            }
        }
        assert_eq!(exceptions, BTreeSet::new(), "these agree, and need no reason");
    }

    /// The documentation's tests run both of each pair: the first has the finding, and the second has it not. The other
    /// checks need a base, a program or a file that no example has.
    #[test]
    fn a_fault_and_a_near_miss_run_for_120_checks() {
        let runs = |example| matches!(example, Example::Layers { .. } | Example::Images { .. });
        let pairs = registry().filter(|check| runs(check.example)).count();
        assert!(pairs >= 120, "{pairs}");
    }
}
