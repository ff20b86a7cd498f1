//! The disk, against what podman mounts of the same image: read back by debugfs and compared by the
//! kernel's own words.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::entry::File;
use lapstrake::value::Architecture;
use lapstrake::{Base, Image, Layer};

use super::bootable::{Bootable, Unbootable};
use super::disk::{self, Seen};
use super::program::Programs;
use super::tree::Layers;
use super::{BootError, Command, guest};
use crate::check::{Contents, Subject};
use crate::support::program::Program;
use crate::tests::engine::{Stored, output, present, run};
use crate::tests::merged_tree::{self, Seen as Name};
use crate::tests::workshop::Workshop;
use lapstrake_oci::{Compression, Digest};

const UNIT: &str = "usr/lib/systemd/system/lapstrake-boot.service";

/// Names with the bits of setuid, setgid or sticky.
const GIVES_RIGHTS: [&str; 4] = ["srv/shared", "tmp", "usr/bin/set uid", "usr/lib/a name with spaces/file"];

fn image() -> Image {
    Image::new("flat", Base::stand_in())
        // debugfs reads its commands by lines.
        .layer(Layer::new("removals").remove("/etc/new\nline").remove("/usr/share/doc/index"))
        .layer(
            Layer::new("files")
                .with(File::text("x\n", "/usr/bin/set uid").mode(0o4755))
                .with(File::text("x\n", "/usr/bin/net").mode(0o755).capability("cap_net_raw=ep"))
                .with(
                    File::text("x\n", "/usr/lib/a \"quoted\" name")
                        .mode(0o600)
                        .owner((3_000_000, 4_294_967_294)),
                )
                .with(File::text("x\n", "/usr/lib/closed").mode(0o000))
                .symlink("net", "/usr/bin/alias"),
        )
}

/// Makes the disk of an image as `seen`; with the folder given to somebody else first, where that is
/// another owner than ours.
fn disk(
    workshop: &Workshop,
    image: &Image,
    seen: Seen,
    owner: Option<&str>,
) -> Result<Utf8PathBuf, BootError> {
    let built = workshop.build(image, Compression::Zstd);
    let work = Utf8Path::from_path(workshop.path()).unwrap().join(format!("{seen:?}"));
    let (root, contents) = (work.join("root"), work.join("contents"));
    for directory in [&root, &contents] {
        fs::create_dir_all(directory).unwrap();
    }
    let described: Vec<_> =
        built.layers.iter().map(|layer| (Digest::parse(&layer.digest).unwrap(), layer.size)).collect();
    let guest = guest::layer(&Command::FailedUnits, "multi-user.target");
    let layers = Layers { described: &described, blobs: workshop.store.layout.blobs(), guest: &guest };
    let index = layers.merged_on(&workshop.base.index, workshop.base.layers.len())?;
    layers.unpack(&index, &contents, &root)?;
    if let Some(owner) = owner {
        run("chown", &["--recursive", "--no-dereference", owner, root.as_str()], workshop.path());
    }
    // The disk is written without QEMU.
    let qemu = Program::QEMU_X86_64;
    let programs = Programs { qemu, mke2fs: Program::MKE2FS, debugfs: Program::DEBUGFS };
    let disk = work.join("disk.img");
    disk::make(&index, &root, seen, &disk, &work, &programs)?;
    Ok(disk)
}

/// Everything on a disk, as debugfs restores it and says of it.
fn walk(disk: &Utf8Path) -> BTreeMap<String, Name> {
    let to = disk.with_extension("restored");
    fs::create_dir(&to).unwrap();
    // Devices it restores none of, and says so.
    output("debugfs", &["-R", &format!("rdump / {to}"), disk.as_str()], Path::new("/"));
    let mut names = merged_tree::walk(to.as_ref());
    // Nor has what it restores the bits that give rights.
    for (path, name) in names.iter_mut().filter(|(path, _)| GIVES_RIGHTS.contains(&path.as_str())) {
        let said = run("debugfs", &["-R", &format!("stat \"/{path}\""), disk.as_str()], Path::new("/"));
        let mode = said.split("Mode:").nth(1).unwrap().split_whitespace().next().unwrap();
        name.mode = u32::from_str_radix(mode, 8).unwrap();
    }
    names
}

#[test]
fn the_disk_is_what_podman_mounts_whoever_makes_it() {
    if !present(&["podman", "skopeo", "mke2fs", "debugfs", "e2fsck"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let mut disks = vec![disk(&workshop, &image(), Seen::AsOurs, Some("65534:65533")).unwrap()];
    if Seen::best() == Seen::AsRoot {
        disks.push(disk(&workshop, &image(), Seen::AsRoot, None).unwrap());
    }
    let stored = Stored("localhost/lapstrake-test/flat:1".to_owned());
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference("flat"), &to], workshop.path());
    let mut mounted = merged_tree::walk(stored.mount().as_ref());
    mounted.retain(|_, name| matches!(name.kind, "directory" | "file" | "symlink"));
    let capability = mounted["usr/bin/net"].xattrs.get("security.capability").cloned();
    // The disk has no others, because nothing that boots reads them. Hardlinks are lost when debugfs reads it.
    for name in mounted.values_mut() {
        name.xattrs.clear();
        name.hardlink = None;
    }
    for disk in disks {
        run("e2fsck", &["-fn", disk.as_str()], workshop.path());
        let mut restored = walk(&disk);
        assert!(restored.remove(UNIT).is_some_and(|unit| unit.uid == 0 && unit.mode == 0o644));
        restored.retain(|path, _| mounted.contains_key(path) || !is_the_boot_s(path));
        merged_tree::assert_equal(&restored, &mounted, disk.as_str());
        let value = workshop.path().join("value");
        let ask = format!("ea_get -f {} /usr/bin/net security.capability", value.display());
        run("debugfs", &["-R", &ask, disk.as_str()], workshop.path());
        assert_eq!(Some(fs::read(&value).unwrap()), capability);
        fs::remove_file(&value).unwrap();
        let links = run("debugfs", &["-R", "stat /usr/bin/hard", disk.as_str()], workshop.path());
        assert!(links.contains("Links: 2"), "{links}");
    }
}

/// What the boot puts beside the image: its unit, what wants it, and the directories of these.
fn is_the_boot_s(path: &str) -> bool {
    UNIT.starts_with(path)
        || path.starts_with("usr/lib/systemd/system/multi-user.target.wants")
        || path == "lost+found"
}

#[test]
fn a_name_that_debugfs_can_not_be_told_is_an_error_where_it_would_have_to_be() {
    if !present(&["mke2fs", "debugfs"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let named = Image::new("flat", Base::stand_in())
        .layer(Layer::new("files").with(File::text("x\n", "/usr/lib/a\nb").mode(0o600).owner((7, 7))));
    let error = disk(&workshop, &named, Seen::AsOurs, None).unwrap_err();
    assert!(matches!(&error, BootError::LineBreak { path } if path.as_str() == "/usr/lib/a\nb"), "{error}");
}

/// What an image on the stand-in with more files boots.
fn bootable(layers: impl IntoIterator<Item = Layer>) -> Result<Bootable, Unbootable> {
    let workshop = Workshop::stand_in();
    let image = layers.into_iter().fold(Image::new("flat", Base::stand_in()), Image::layer);
    let plan = workshop.planned(&image);
    let contents = Contents::of(&plan.layers);
    Bootable::of(Subject::new(&plan, &workshop.base, &contents).tree(), Architecture::Amd64)
}

fn refusal(layers: impl IntoIterator<Item = Layer>) -> String {
    bootable(layers).unwrap_err().to_string()
}

#[test]
fn the_stand_in_is_told_from_a_system() {
    let modules = "/usr/lib/modules/6.12.0-stand-in.x86_64";
    let stub = format!("`{modules}/vmlinuz` is a placeholder that does not boot: it has 10 bytes");
    assert_eq!(refusal([Layer::new("motd").text("x\n", "/etc/motd")]), stub);
    let none = Layer::new("none").remove(format!("{modules}/vmlinuz"));
    assert_eq!(refusal([none]), "the image has no kernel: no `/usr/lib/modules/*/vmlinuz`");
    let second = Layer::new("second").text("x\n", "/usr/lib/modules/7/vmlinuz");
    assert!(refusal([second]).starts_with("the image has 2 kernels: `/usr/lib/modules/6.12.0"));
}

#[test]
fn a_system_boots_its_kernel_with_its_own_arguments() {
    let modules = "/usr/lib/modules/6.12.0-stand-in.x86_64";
    let big = "k".repeat(5000);
    let kernel = || {
        Layer::new("kernel")
            .text(&big, format!("{modules}/vmlinuz"))
            .text(&big, format!("{modules}/initramfs.img"))
    };
    assert_eq!(refusal([kernel()]), "the image has no systemd as `/sbin/init`");
    let system = Layer::new("system")
        .with(File::text("x", "/usr/lib/systemd/systemd").mode(0o755))
        .symlink("../lib/systemd/systemd", "/usr/sbin/init")
        .with(File::text("x", "/usr/bin/systemctl").mode(0o755));
    assert_eq!(refusal([kernel(), system.clone()]), "the image has no `/bin/sh`, which ends the boot");
    let shell = || Layer::new("shell").with(File::text("x", "/usr/bin/sh").mode(0o755));
    let kargs = Layer::new("kargs")
        .text("kargs = [\"quiet\", \"a=b\"]\n", "/usr/lib/bootc/kargs.d/10-a.toml")
        .text("kargs = [\"arm\"]\nmatch-architectures = [\"aarch64\"]\n", "/usr/lib/bootc/kargs.d/20-b.toml");
    let found = bootable([kernel(), system.clone(), shell(), kargs]).unwrap();
    assert_eq!(found.kernel.as_str(), format!("{modules}/vmlinuz"));
    assert_eq!(found.arguments, ["quiet", "a=b"]);
    assert_eq!(found.target, "multi-user.target");
    let graphical = Layer::new("graphical").default_target("graphical.target");
    assert_eq!(bootable([kernel(), system, shell(), graphical]).unwrap().target, "graphical.target");
}
