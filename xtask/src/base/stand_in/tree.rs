//! What is in the stand-in: the shape that bootc's lints ask for, systemd's usual targets, one
//! kernel directory, and the libraries that every Rust program for glibc needs.

use std::io;

use lapstrake::value::Architecture;
use lapstrake_oci::tree::Kind;
use tar::{Builder, EntryType, Header};

use super::library::{Library, gcc, glibc};
use crate::support::small_map::SmallMap;

const UNITS: &str = "usr/lib/systemd/system";

const DIRECTORIES: [(&str, u32); 43] = [
    ("boot", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("etc/systemd", 0o755),
    ("etc/systemd/system", 0o755),
    ("proc", 0o555),
    ("run", 0o755),
    ("sys", 0o555),
    ("sysroot", 0o755),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("usr/bin", 0o755),
    ("usr/include", 0o755),
    ("usr/lib", 0o755),
    ("usr/lib/bootc", 0o755),
    ("usr/lib/bootc/kargs.d", 0o755),
    ("usr/lib/modules", 0o755),
    ("usr/lib/ostree", 0o755),
    ("usr/lib/systemd", 0o755),
    ("usr/lib/systemd/system", 0o755),
    ("usr/lib/systemd/system-preset", 0o755),
    ("usr/lib/sysctl.d", 0o755),
    ("usr/lib/sysusers.d", 0o755),
    ("usr/lib/tmpfiles.d", 0o755),
    ("usr/lib/udev", 0o755),
    ("usr/lib/udev/rules.d", 0o755),
    ("usr/lib64", 0o755),
    ("usr/libexec", 0o755),
    ("usr/local", 0o755),
    ("usr/local/bin", 0o755),
    ("usr/local/etc", 0o755),
    ("usr/local/include", 0o755),
    ("usr/local/lib", 0o755),
    ("usr/local/lib64", 0o755),
    ("usr/local/libexec", 0o755),
    ("usr/local/sbin", 0o755),
    ("usr/local/share", 0o755),
    ("usr/local/src", 0o755),
    ("usr/sbin", 0o755),
    ("usr/share", 0o755),
    ("usr/share/doc", 0o755),
    ("usr/src", 0o755),
    ("var", 0o755),
];

const SYMLINKS: [(&str, &str); 18] = [
    ("bin", "usr/bin"),
    ("etc/os-release", "../usr/lib/os-release"),
    ("home", "var/home"),
    ("lib", "usr/lib"),
    ("lib64", "usr/lib64"),
    ("media", "run/media"),
    ("mnt", "var/mnt"),
    ("opt", "var/opt"),
    ("ostree", "sysroot/ostree"),
    ("root", "var/roothome"),
    ("sbin", "usr/sbin"),
    ("srv", "var/srv"),
    ("usr/lib/systemd/system/ctrl-alt-del.target", "reboot.target"),
    ("usr/lib/systemd/system/default.target", "multi-user.target"),
    ("usr/lib/systemd/system/runlevel3.target", "multi-user.target"),
    ("usr/lib/systemd/system/runlevel5.target", "graphical.target"),
    ("usr/lib/systemd/system/runlevel6.target", "reboot.target"),
    ("usr/tmp", "../var/tmp"),
];

/// Targets of systemd.special(7), with what their own unit files say of one another.
const TARGETS: [(&str, &str, &str); 38] = [
    (
        "basic",
        "Basic System",
        "Requires=sysinit.target\nWants=sockets.target timers.target paths.target slices.target\nAfter=sysinit.target sockets.target paths.target slices.target tmp.mount\n",
    ),
    ("bluetooth", "Bluetooth Support", "StopWhenUnneeded=yes\n"),
    ("boot-complete", "Boot Completion Check", "Requires=sysinit.target\nAfter=sysinit.target\n"),
    ("cryptsetup", "Local Encrypted Volumes", ""),
    ("cryptsetup-pre", "Local Encrypted Volumes (Pre)", "RefuseManualStart=yes\nBefore=cryptsetup.target\n"),
    ("emergency", "Emergency Mode", "AllowIsolate=yes\n"),
    (
        "final",
        "Late Shutdown Services",
        "DefaultDependencies=no\nRefuseManualStart=yes\nAfter=shutdown.target umount.target\n",
    ),
    ("getty", "Login Prompts", ""),
    ("getty-pre", "Preparation for Logins", "RefuseManualStart=yes\nBefore=getty.target\n"),
    (
        "graphical",
        "Graphical Interface",
        "Requires=multi-user.target\nConflicts=rescue.service rescue.target\nAfter=multi-user.target rescue.service rescue.target\nAllowIsolate=yes\n",
    ),
    ("halt", "System Halt", "DefaultDependencies=no\nAllowIsolate=yes\n"),
    (
        "local-fs",
        "Local File Systems",
        "DefaultDependencies=no\nConflicts=shutdown.target\nAfter=local-fs-pre.target\n",
    ),
    ("local-fs-pre", "Preparation for Local File Systems", "RefuseManualStart=yes\n"),
    (
        "multi-user",
        "Multi-User System",
        "Requires=basic.target\nConflicts=rescue.service rescue.target\nAfter=basic.target rescue.service rescue.target\nAllowIsolate=yes\n",
    ),
    ("network", "Network", "After=network-pre.target\nRefuseManualStart=yes\n"),
    ("network-online", "Network is Online", "After=network.target\n"),
    ("network-pre", "Preparation for Network", "RefuseManualStart=yes\n"),
    ("nss-lookup", "Host and Network Name Lookups", "RefuseManualStart=yes\n"),
    ("nss-user-lookup", "User and Group Name Lookups", "RefuseManualStart=yes\n"),
    ("paths", "Path Units", ""),
    ("poweroff", "System Power Off", "DefaultDependencies=no\nAllowIsolate=yes\n"),
    ("reboot", "System Reboot", "DefaultDependencies=no\nAllowIsolate=yes\n"),
    (
        "remote-fs",
        "Remote File Systems",
        "After=remote-fs-pre.target\nDefaultDependencies=no\nConflicts=shutdown.target\n\n[Install]\nWantedBy=multi-user.target\n",
    ),
    ("remote-fs-pre", "Preparation for Remote File Systems", "RefuseManualStart=yes\n"),
    ("rescue", "Rescue Mode", "Requires=sysinit.target\nAfter=sysinit.target\nAllowIsolate=yes\n"),
    ("shutdown", "System Shutdown", "DefaultDependencies=no\nRefuseManualStart=yes\n"),
    ("sleep", "Sleep", "DefaultDependencies=no\nRefuseManualStart=yes\n"),
    ("slices", "Slice Units", ""),
    ("sockets", "Socket Units", ""),
    ("sound", "Sound Card", "StopWhenUnneeded=yes\n"),
    ("swap", "Swaps", ""),
    (
        "sysinit",
        "System Initialization",
        "Conflicts=emergency.service emergency.target\nWants=local-fs.target swap.target\nAfter=local-fs.target swap.target emergency.service emergency.target\n",
    ),
    (
        "system-update",
        "Offline System Update",
        "Requires=sysinit.target\nAfter=sysinit.target\nAllowIsolate=yes\n",
    ),
    ("time-set", "System Time Set", "RefuseManualStart=yes\n"),
    (
        "time-sync",
        "System Time Synchronized",
        "RefuseManualStart=yes\nAfter=time-set.target\nWants=time-set.target\n",
    ),
    ("timers", "Timer Units", "DefaultDependencies=no\nConflicts=shutdown.target\n"),
    ("umount", "Unmount All Filesystems", "DefaultDependencies=no\nRefuseManualStart=yes\n"),
    ("usb-gadget", "Hardware activated USB gadget", ""),
];

const TEXTS: [(&str, &str); 8] = [
    (
        "usr/lib/os-release",
        "NAME=\"Lapstrake stand-in\"\nID=lapstrake-stand-in\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=10\nPRETTY_NAME=\"Lapstrake stand-in (does not boot)\"\n",
    ),
    (
        "etc/build-info",
        "DISTRO=\"stand-in\"\nRELEASE=\"10\"\nUUID=\"00000000-0000-0000-0000-000000000000\"\nTIMESTAMP=\"1970-01-01T00:00:00Z\"\nIMAGE_NAME=\"stand-in\"\nIMAGE_MODE=\"image\"\nIMAGE_TARGET=\"qemu\"\nIMAGE_VERSION=\"1\"\n",
    ),
    // Not `signed`: the stand-in is not sealed.
    ("usr/lib/ostree/prepare-root.conf", "[composefs]\nenabled = verity\n\n[etc]\ntransient = true\n"),
    (
        "etc/passwd",
        "root:x:0:0:Super User:/root:/bin/sh\nsystemd-network:x:192:192:systemd Network Management:/:/usr/sbin/nologin\ndbus:x:81:81:System Message Bus:/:/usr/sbin/nologin\nnobody:x:65534:65534:Kernel Overflow User:/:/usr/sbin/nologin\n",
    ),
    (
        "etc/group",
        "root:x:0:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nwheel:x:10:\nvideo:x:39:\naudio:x:63:\ndbus:x:81:\nusers:x:100:\nsystemd-journal:x:190:\nsystemd-network:x:192:\nnobody:x:65534:\n",
    ),
    (
        "usr/lib/sysusers.d/stand-in.conf",
        "g root 0\nu root 0:0 \"Super User\" /root /bin/sh\ng adm 4\ng tty 5\ng disk 6\ng wheel 10\ng video 39\ng audio 63\ng dbus 81\nu dbus 81:81 \"System Message Bus\"\ng users 100\ng systemd-journal 190\ng systemd-network 192\nu systemd-network 192:192 \"systemd Network Management\"\ng nobody 65534\nu nobody 65534:65534 \"Kernel Overflow User\"\n",
    ),
    (
        "usr/lib/tmpfiles.d/stand-in.conf",
        "d /var/home 0755 root root -\nd /var/mnt 0755 root root -\nd /var/opt 0755 root root -\nd /var/roothome 0700 root root -\nd /var/srv 0755 root root -\nd /var/tmp 1777 root root -\nd /run/media 0755 root root -\n",
    ),
    (
        "usr/share/doc/README",
        "This is lapstrake's stand-in for a bootc image. It has the shape of one and does not boot.\n",
    ),
];

/// The layer, the same for everyone who asks for that architecture.
pub(super) fn tar(architecture: Architecture) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::with_capacity(256 << 10));
    for (name, (mode, content)) in members(architecture) {
        let mut header = Header::new_ustar();
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(0);
        match &content {
            Kind::Directory => {
                header.set_entry_type(EntryType::Directory);
                tar.append_data(&mut header, format!("{name}/"), io::empty())?;
            }
            Kind::File(bytes) => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(bytes.len() as u64);
                tar.append_data(&mut header, name, bytes.as_slice())?;
            }
            Kind::Symlink { target } => {
                header.set_entry_type(EntryType::Symlink);
                tar.append_link(&mut header, name, &**target)?;
            }
            Kind::Device { .. } | Kind::Fifo => {
                return Err(io::Error::other(format!("the stand-in has no {}", content.name())));
            }
        }
    }
    tar.into_inner()
}

fn members(architecture: Architecture) -> SmallMap<String, (u32, Kind<Vec<u8>>)> {
    let mut members = SmallMap::new();
    for (name, mode) in DIRECTORIES {
        members.insert(name.to_owned(), (mode, Kind::Directory));
    }
    // Where no layer states the root, engines disagree on its mode.
    members.insert(".".to_owned(), (0o755, Kind::Directory));
    for (name, target) in SYMLINKS {
        members.insert(name.to_owned(), (0o777, Kind::symlink(target)));
    }
    for (name, text) in TEXTS {
        members.insert(name.to_owned(), (0o644, Kind::File(text.into())));
    }
    for (name, description, rest) in TARGETS {
        let text = format!("[Unit]\nDescription={description}\nDocumentation=man:systemd.special(7)\n{rest}");
        members.insert(format!("{UNITS}/{name}.target"), (0o644, Kind::File(text.into())));
    }
    let kernel = format!("usr/lib/modules/6.12.0-stand-in.{}", architecture.machine());
    members.insert(kernel.clone(), (0o755, Kind::Directory));
    members.insert(format!("{kernel}/vmlinuz"), (0o755, Kind::File(b"no kernel\n".into())));
    members.insert(format!("{kernel}/initramfs.img"), (0o600, Kind::File(b"no initramfs\n".into())));
    for (path, library) in libraries(architecture) {
        members.insert(path, (0o755, Kind::File(library.to_elf(architecture))));
    }
    members
}

fn libraries(architecture: Architecture) -> Vec<(String, Library<'static>)> {
    // Where the processor's ABI has the dynamic linker, seen through /lib and /lib64.
    let (place, linker, needed): (_, _, &[&str]) = match architecture {
        Architecture::Amd64 => ("usr/lib64", "ld-linux-x86-64.so.2", &["ld-linux-x86-64.so.2"]),
        Architecture::Arm64 => ("usr/lib", "ld-linux-aarch64.so.1", &["ld-linux-aarch64.so.1"]),
    };
    let all = glibc(architecture);
    let oldest = all.first().cloned().unwrap_or_default();
    let with_private = |mut versions: Vec<String>| {
        versions.push("GLIBC_PRIVATE".to_owned());
        versions
    };
    // What glibc's own ld.so defines; x86-64's has kept two more.
    let kept: &[&str] = match architecture {
        Architecture::Amd64 => &["GLIBC_2.3", "GLIBC_2.4"],
        Architecture::Arm64 => &[],
    };
    let of_linker =
        [oldest.as_str()].into_iter().chain(kept.iter().copied()).chain(["GLIBC_2.34", "GLIBC_2.35"]);
    let of_linker: Vec<_> = of_linker.map(str::to_owned).collect();
    let library = |soname, needed, versions| {
        (format!("usr/lib64/{soname}"), Library { soname, needed, versions, ..Library::default() })
    };
    vec![
        (
            format!("{place}/{linker}"),
            Library { soname: linker, versions: with_private(of_linker), ..Library::default() },
        ),
        library("libc.so.6", needed, with_private(all.clone())),
        library("libm.so.6", &["libc.so.6"], all.clone()),
        // Since 2.34 their content is in libc; the files are there for programs that are older.
        library("libpthread.so.0", &["libc.so.6"], all.clone()),
        library("libdl.so.2", &["libc.so.6"], all.clone()),
        library("librt.so.1", &["libc.so.6"], all),
        library("libgcc_s.so.1", &["libc.so.6"], gcc()),
    ]
}
