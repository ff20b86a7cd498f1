//! `base`: a stand-in for an AutoSD base that boots, has a package manager, and takes layers. It is made of
//! Debian's packages, for there are no others everywhere; what bootc and this tool look at is where they look.

use camino::Utf8Path;

use super::debian::Tree;
use super::error::RigError;
use super::layout::{self, Config};
use super::part::{self, Part};
use super::program;

pub(super) const PART: Part = Part {
    name: "base",
    recipe: &[
        include_str!("base.rs"),
        include_str!("base.sh"),
        include_str!("debian.rs"),
        include_str!("layout.rs"),
        include_str!("program.rs"),
    ],
    make,
};

const TREE: Tree = Tree {
    suite: "bookworm",
    security: true,
    packages: &[
        "dbus",
        "dnf",
        "initramfs-tools",
        "iproute2",
        "kmod",
        "linux-image-cloud-amd64",
        "ostree",
        "passwd",
        "rpm",
        "systemd",
        "systemd-sysv",
        "udev",
    ],
    // A virtual machine's disk is all that it boots from.
    hook: Some(
        "install -d \"$1/etc/initramfs-tools/conf.d\" \"$1/usr/share/initramfs-tools/modules.d\" && \
         printf 'MODULES=list\\nCOMPRESS=gzip\\n' >\"$1/etc/initramfs-tools/conf.d/rig\" && \
         printf 'virtio_pci\\nvirtio_blk\\next4\\n' >\"$1/usr/share/initramfs-tools/modules.d/rig\"",
    ),
};

fn make(into: &Utf8Path) -> Result<(), RigError> {
    let tree = part::scratch(into, "tree");
    TREE.unpack(&tree)?;
    program::script(include_str!("base.sh"), [tree.as_str()])?;
    layout::write(&tree, into, &Config { tag: "rig", labels: &["containers.bootc"], command: "/sbin/init" })
}
