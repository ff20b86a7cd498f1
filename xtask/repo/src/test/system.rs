//! The programs that the tests ask for a second opinion, and the packages that bring them.

/// The reader of firewalld's zones, which is not a program.
const FIREWALL: &str = "/usr/lib/python3/dist-packages/firewall/core/io/zone.py";

/// The program that signs kernel modules, where Debian has it.
const SIGN_FILE: &str = "/usr/lib/linux-kbuild-6.1/scripts/sign-file";

/// A program, and its package on each family of systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tool {
    pub(super) program: &'static str,
    debian: &'static str,
    fedora: &'static str,
}

const fn tool(program: &'static str, debian: &'static str, fedora: &'static str) -> Tool {
    Tool { program, debian, fedora }
}

pub(super) const TOOLS: [Tool; 41] = [
    tool("podman", "podman", "podman"),
    tool("buildah", "buildah", "buildah"),
    tool("skopeo", "skopeo", "skopeo"),
    tool("curl", "curl", "curl"),
    tool("umoci", "umoci", "umoci"),
    tool("ostree", "ostree", "ostree"),
    tool("runc", "runc", "runc"),
    tool("newuidmap", "uidmap", "shadow-utils"),
    // Debian's other busybox is linked dynamically, and would not run in an image of its own.
    tool("busybox", "busybox-static", "busybox"),
    tool("zstd", "zstd", "zstd"),
    tool("readelf", "binutils", "binutils"),
    tool("systemctl", "systemd", "systemd"),
    tool("udevadm", "udev", "systemd-udev"),
    // Both system buses: neither is the machine's.
    tool("dbus-daemon", "dbus-daemon", "dbus-daemon"),
    tool("dbus-send", "dbus-bin", "dbus-tools"),
    tool("dbus-broker-launch", "dbus-broker", "dbus-broker"),
    tool("sshd", "openssh-server", "openssh-server"),
    tool("visudo", "sudo", "sudo"),
    // The library of firewalld, without its daemon.
    tool(FIREWALL, "python3-firewall", "python3-firewall"),
    tool("semodule", "policycoreutils", "policycoreutils"),
    // A real policy, which nothing here enables.
    tool("/etc/selinux/config", "selinux-policy-default", "selinux-policy-targeted"),
    tool("depmod", "kmod", "kmod"),
    // The kernel's own program, which signs modules.
    tool(SIGN_FILE, "linux-kbuild-6.1", "kernel-devel"),
    tool("openssl", "openssl", "openssl"),
    tool("mke2fs", "e2fsprogs", "e2fsprogs"),
    tool("debugfs", "e2fsprogs", "e2fsprogs"),
    tool("qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core"),
    tool("docker-registry", "docker-registry", "docker-distribution"),
    // libFuzzer is C++.
    tool("c++", "g++", "gcc-c++"),
    tool("jsonschema", "python3-jsonschema", "python3-jsonschema"),
    // What the rig is made with, and run on.
    tool("mmdebstrap", "mmdebstrap", "mmdebstrap"),
    tool("dnf", "dnf", "dnf"),
    tool("rpm", "rpm", "rpm"),
    tool("rpmbuild", "rpm", "rpm-build"),
    tool("rpmsign", "rpm", "rpm-sign"),
    tool("createrepo_c", "createrepo-c", "createrepo_c"),
    tool("gpg", "gnupg", "gnupg2"),
    // What composefs-rs is compiled with.
    tool("pkg-config", "pkg-config", "pkgconf-pkg-config"),
    tool("/usr/include/openssl/ssl.h", "libssl-dev", "openssl-devel"),
    tool("setpriv", "util-linux", "util-linux"),
    tool("unshare", "util-linux", "util-linux"),
];

/// What installs packages here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Installer {
    /// Debian and what comes of it.
    Apt,
    /// Fedora and what comes of it.
    Dnf,
}

impl Installer {
    /// By what os-release(5) calls the system: its own `ID`, or one it is like.
    pub(super) fn of(os_release: &str) -> Option<Self> {
        let value = |key: &str| {
            let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches(['"', '\''])
        };
        [value("ID"), value("ID_LIKE")].into_iter().flat_map(str::split_whitespace).find_map(|id| match id {
            "debian" => Some(Self::Apt),
            "fedora" => Some(Self::Dnf),
            _ => None,
        })
    }

    pub(super) fn package(self, tool: Tool) -> &'static str {
        match self {
            Self::Apt => tool.debian,
            Self::Dnf => tool.fedora,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_known_by_its_os_release() {
        for (os_release, installer) in [
            ("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", Some(Installer::Apt)),
            ("ID=ubuntu\nID_LIKE=debian\n", Some(Installer::Apt)),
            ("ID=fedora\n", Some(Installer::Dnf)),
            ("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\n", Some(Installer::Dnf)),
            ("ID=arch\n", None),
            ("", None),
        ] {
            assert_eq!(Installer::of(os_release), installer, "{os_release}");
        }
    }

    #[test]
    fn a_static_busybox_is_installed() {
        let busybox = TOOLS.into_iter().find(|tool| tool.program == "busybox").unwrap();
        assert_eq!(Installer::Apt.package(busybox), "busybox-static");
        assert_eq!(Installer::Dnf.package(busybox), "busybox");
    }
}
