//! The archetypes: what packages of distributions do, which packages of the rig do it, and what `check` finds in a layer
//! that installs these packages alone.

/// One kind of package, in an image of its own.
pub(super) struct Archetype {
    /// The name of the image and of its layer.
    pub(super) image: &'static str,
    /// What a package of this kind does.
    pub(super) does: &'static str,
    pub(super) packages: &'static [&'static str],
    /// The module stream without which dnf hides the package.
    pub(super) module: Option<&'static str>,
    /// A step in a layer below the packages.
    pub(super) first: Option<&'static str>,
    pub(super) findings: &'static [Expected],
}

/// A finding: its name, the path, and the package that the message names; empty where no package owns the path. Each is
/// a warning.
pub(super) type Expected = (&'static str, &'static str, &'static str);

const PLAIN: Archetype =
    Archetype { image: "", does: "", packages: &[], module: None, first: None, findings: &[] };

pub(super) const ARCHETYPES: &[Archetype] = &[
    Archetype {
        image: "daemon",
        does: "`groupadd` and `useradd` in %pre, sysusers.d, a unit with a preset, %config(noreplace), %ghost below /run, \
               tmpfiles.d, directories of its own below /var, `systemctl preset` in %post",
        packages: &["rig-daemon"],
        findings: &[("var-tmpfiles", "/var/cache/rig-daemon", "rig-daemon-2.4.62-1.noarch")],
        ..PLAIN
    },
    Archetype {
        image: "library",
        does: "a shared library, `ldconfig` in %post, links by build id",
        packages: &["rig-library"],
        ..PLAIN
    },
    Archetype {
        image: "trigger",
        does: "a shared library that the trigger of another package indexes",
        packages: &["rig-codec"],
        ..PLAIN
    },
    Archetype {
        image: "rights",
        does: "file capabilities, set-user-ID, set-group-ID",
        packages: &["rig-ping"],
        findings: &[
            ("setuid", "/usr/bin/rig-su", "rig-ping-1-1.noarch"),
            ("setuid", "/usr/bin/rig-write", "rig-ping-1-1.noarch"),
        ],
        ..PLAIN
    },
    Archetype {
        image: "alternatives",
        does: "`alternatives --install` in %post",
        packages: &["rig-editor"],
        findings: &[("var-tmpfiles", "/var/lib/alternatives", "rig-alternatives-1-1.noarch")],
        ..PLAIN
    },
    Archetype {
        image: "firewall",
        does: "zones in /usr and in /etc that only root reads",
        packages: &["rig-firewall"],
        ..PLAIN
    },
    Archetype {
        image: "policy",
        does: "an SELinux policy, and a policy module that %post loads by `semodule`",
        packages: &["rig-policy", "rig-firewall"],
        ..PLAIN
    },
    Archetype {
        image: "driver",
        does: "a kernel module, and `depmod` in %post",
        packages: &["rig-modules"],
        ..PLAIN
    },
    Archetype {
        image: "kernel",
        does: "a kernel, its initramfs by dracut in %posttrans, and copies in /boot",
        packages: &["rig-kernel-core"],
        // No package owns the kernel of this base.
        first: Some("rm -r /usr/lib/modules/*"),
        findings: &[],
        ..PLAIN
    },
    Archetype {
        image: "vendor",
        does: "files below /opt, a command in /usr/local, `systemctl enable` in %post",
        packages: &["rig-vendor"],
        // On this base `/opt` is a link to a folder that each device makes.
        first: Some("mkdir -p $(readlink -m /opt)"),
        findings: &[("var-tmpfiles", "/var/opt/rig", "rig-vendor-7-1.noarch")],
        ..PLAIN
    },
    Archetype {
        image: "timer",
        does: "a timer that `systemctl preset` enables in %post, and %posttrans",
        packages: &["rig-timer"],
        ..PLAIN
    },
    Archetype {
        image: "python",
        does: "a Python package with .pyc files, in a module stream",
        packages: &["rig-python"],
        module: Some("rigpython:3.1"),
        ..PLAIN
    },
    Archetype {
        image: "direct",
        does: "lines that %pre writes to /etc/passwd and /etc/group",
        packages: &["rig-direct"],
        // A distribution's `setup` owns `/etc/passwd`; this base has no such package. The scriptlet makes the state.
        findings: &[
            ("gshadow", "/etc/gshadow", ""),
            ("sysusers", "/etc/group", ""),
            ("sysusers", "/etc/passwd", ""),
            ("usr-owner", "/usr/share/rig-direct", "rig-direct-5.0-1.noarch"),
            ("usr-owner", "/usr/share/rig-direct/data", "rig-direct-5.0-1.noarch"),
            ("var-tmpfiles", "/var/lib/rig-direct", ""),
        ],
        ..PLAIN
    },
    Archetype {
        image: "tilde",
        does: "an epoch, and a tilde in the version",
        packages: &["rig-tilde"],
        ..PLAIN
    },
    Archetype { image: "sysusers", does: "an account by sysusers.d alone", packages: &["rig-user"], ..PLAIN },
];
