//! What the stand-in holds: the top level of a bootc image, systemd's usual targets, the C library's
//! names, one kernel directory. Every path with the metadata that a real base has.

use std::io::{self, Write};

use lapstrake::value::Architecture;
use tar::{Builder, EntryType, Header};

use super::GLIBC;
use super::library::library;

const DIRECTORIES: [&str; 43] = [
    "boot",
    "dev",
    "etc",
    "etc/systemd",
    "etc/systemd/system",
    "proc",
    "run",
    "sys",
    "sysroot",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/lib/bootc",
    "usr/lib/bootc/bound-images.d",
    "usr/lib/bootc/install",
    "usr/lib/bootc/kargs.d",
    "usr/lib/modules",
    "usr/lib/ostree",
    "usr/lib/systemd",
    "usr/lib/systemd/system",
    "usr/lib/systemd/system/basic.target.wants",
    "usr/lib/systemd/system/graphical.target.wants",
    "usr/lib/systemd/system/local-fs.target.wants",
    "usr/lib/systemd/system/multi-user.target.wants",
    "usr/lib/systemd/system/sockets.target.wants",
    "usr/lib/systemd/system/sysinit.target.wants",
    "usr/lib/systemd/system/timers.target.wants",
    "usr/lib/systemd/system-preset",
    "usr/lib/sysusers.d",
    "usr/lib/tmpfiles.d",
    "usr/lib64",
    "usr/libexec",
    "usr/local",
    "usr/local/bin",
    "usr/local/lib",
    "usr/local/sbin",
    "usr/local/share",
    "usr/sbin",
    "usr/share",
    "usr/share/licenses",
    "usr/src",
    "usr/include",
    "var",
];

/// A modern system's top level (bootc, "Filesystem"): what changes lies in /var.
const SYMLINKS: [(&str, &str); 12] = [
    ("bin", "usr/bin"),
    ("home", "var/home"),
    ("lib", "usr/lib"),
    ("lib64", "usr/lib64"),
    ("mnt", "var/mnt"),
    ("opt", "var/opt"),
    ("ostree", "sysroot/ostree"),
    ("root", "var/roothome"),
    ("sbin", "usr/sbin"),
    ("srv", "var/srv"),
    ("etc/os-release", "../usr/lib/os-release"),
    ("usr/lib/systemd/system/default.target", "multi-user.target"),
];

/// systemd.special(7), of those that units are wanted by.
const TARGETS: [&str; 20] = [
    "basic",
    "cryptsetup",
    "emergency",
    "getty",
    "graphical",
    "initrd",
    "local-fs",
    "local-fs-pre",
    "multi-user",
    "network",
    "network-online",
    "network-pre",
    "nss-user-lookup",
    "paths",
    "remote-fs",
    "rescue",
    "shutdown",
    "sockets",
    "sysinit",
    "timers",
];

const FILES: [(&str, &str); 9] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:Kernel Overflow User:/:/usr/sbin/nologin\n",
    ),
    ("etc/group", "root:x:0:\nnobody:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    (
        "etc/build-info",
        "DISTRO=\"stand-in\"\nRELEASE=\"0\"\nUUID=\"00000000-0000-0000-0000-000000000000\"\nTIMESTAMP=\"1970-01-01T00:00:00Z\"\nIMAGE_NAME=\"stand-in\"\nIMAGE_MODE=\"image\"\nIMAGE_TARGET=\"qemu\"\nIMAGE_VERSION=\"1\"\n",
    ),
    (
        "usr/lib/os-release",
        "NAME=\"Lapstrake stand-in\"\nID=lapstrake-stand-in\nID_LIKE=\"autosd centos fedora\"\nVERSION_ID=1\nPRETTY_NAME=\"Lapstrake stand-in (does not boot)\"\n",
    ),
    ("usr/lib/ostree/prepare-root.conf", "[composefs]\nenabled = verity\n\n[etc]\ntransient = true\n"),
    (
        "usr/lib/sysusers.d/basic.conf",
        "g root 0 - -\nu root 0:0 \"root\" /root /bin/bash\ng nobody 65534 - -\nu nobody 65534:65534 \"Kernel Overflow User\" - -\n",
    ),
    (
        "usr/lib/tmpfiles.d/stand-in.conf",
        "d /var/home 0755 root root -\nd /var/mnt 0755 root root -\nd /var/opt 0755 root root -\nd /var/roothome 0700 root root -\nd /var/srv 0755 root root -\n",
    ),
    (
        "usr/lib/systemd/system/sshd.service",
        "[Unit]\nDescription=A unit to enable or mask\n\n[Service]\nExecStart=/usr/sbin/sshd -D\n\n[Install]\nWantedBy=multi-user.target\n",
    ),
];

/// Writes the tree as a tar.
pub(super) fn write(architecture: Architecture, out: &mut dyn Write) -> io::Result<()> {
    let mut tar = Tar(Builder::new(out));
    let mut directories = DIRECTORIES.to_vec();
    directories.sort_unstable();
    for directory in directories {
        tar.directory(directory, 0o755)?;
    }
    tar.directory("tmp", 0o1777)?;
    for (name, target) in SYMLINKS {
        tar.symlink(name, target)?;
    }
    for (name, text) in FILES {
        tar.file(name, 0o644, text.as_bytes())?;
    }
    for target in TARGETS {
        let text = format!("[Unit]\nDescription={target}\n");
        tar.file(&format!("usr/lib/systemd/system/{target}.target"), 0o644, text.as_bytes())?;
    }
    let kernel = format!("usr/lib/modules/6.12.0-0.stand-in.{}", architecture.machine());
    tar.directory(&kernel, 0o755)?;
    tar.file(&format!("{kernel}/vmlinuz"), 0o755, b"stand-in: this is no kernel\n")?;
    tar.file(&format!("{kernel}/initramfs.img"), 0o600, b"stand-in: this is no initramfs\n")?;
    for (name, soname, versions) in libraries(architecture) {
        tar.file(&name, 0o755, &library(architecture, soname, &versions))?;
    }
    tar.0.finish()
}

fn libraries(architecture: Architecture) -> Vec<(String, &'static str, Vec<String>)> {
    let (oldest, loader) = match architecture {
        Architecture::Amd64 => (None, ("usr/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2")),
        Architecture::Arm64 => (Some(17), ("usr/lib/ld-linux-aarch64.so.1", "ld-linux-aarch64.so.1")),
    };
    // The first versions of x86-64's glibc have three parts.
    let early =
        ["2.2.5", "2.2.6", "2.3", "2.3.2", "2.3.3", "2.3.4"].iter().map(|version| format!("GLIBC_{version}"));
    let early: Vec<_> = if oldest.is_none() { early.collect() } else { Vec::new() };
    let later = (oldest.unwrap_or(4)..=GLIBC).map(|minor| format!("GLIBC_2.{minor}"));
    let private = ["GLIBC_ABI_DT_RELR", "GLIBC_PRIVATE"].map(str::to_owned);
    let glibc: Vec<_> = early.into_iter().chain(later).chain(private).collect();
    let gcc = [
        "3.0", "3.3", "3.3.1", "3.4", "3.4.2", "4.0.0", "4.2.0", "4.3.0", "4.5.0", "4.7.0", "4.8.0", "5.0.0",
        "7.0.0", "11.0", "12.0.0", "13.0.0", "14.0.0",
    ];
    let gcc: Vec<_> = gcc.iter().map(|version| format!("GCC_{version}")).collect();
    let mut libraries = vec![(loader.0.to_owned(), loader.1, glibc.clone())];
    for soname in ["libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1", "libutil.so.1"] {
        libraries.push((format!("usr/lib64/{soname}"), soname, glibc.clone()));
    }
    libraries.push(("usr/lib64/libgcc_s.so.1".to_owned(), "libgcc_s.so.1", gcc));
    libraries
}

struct Tar<W: Write>(Builder<W>);

impl<W: Write> Tar<W> {
    fn directory(&mut self, name: &str, mode: u32) -> io::Result<()> {
        self.0.append_data(&mut header(EntryType::Directory, mode, 0), format!("{name}/"), io::empty())
    }

    fn symlink(&mut self, name: &str, target: &str) -> io::Result<()> {
        self.0.append_link(&mut header(EntryType::Symlink, 0o777, 0), name, target)
    }

    fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        self.0.append_data(&mut header(EntryType::Regular, mode, content.len() as u64), name, content)
    }
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
