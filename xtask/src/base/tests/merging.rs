//! Layers on one another, as the OCI image spec (layer.md) has it.

use std::sync::Arc;

use tar::EntryType;

use super::fixture::{Tar, index, path};
use crate::base::{BaseIndex, File, facts};
use lapstrake_oci::tree::{CAPABILITY, Kind, Node, ResolveError};

fn paths(index: &BaseIndex) -> Vec<String> {
    index.tree().walk().skip(1).map(|(path, _)| path.to_string()).collect()
}

fn node<'a>(index: &'a BaseIndex, at: &str) -> &'a Node<File> {
    index.tree().get(&path(at)).unwrap_or_else(|| panic!("no {at}")).node
}

fn size(index: &BaseIndex, at: &str) -> u64 {
    facts(&node(index, at).kind).unwrap_or_else(|| panic!("{at} is not a file")).size
}

#[test]
fn a_whiteout_hides_what_is_below_and_all_in_it() {
    let lower = Tar::new().directory("a").file("a/x", "1").file("b", "1").file("c", "1").end();
    let upper = Tar::new().file(".wh.a", "").file(".wh.b", "").file(".wh.never", "").end();
    assert_eq!(paths(&index(&[lower, upper])), ["/c"]);
}

#[test]
fn a_whiteout_never_hides_its_own_layer() {
    let lower = Tar::new().directory("a").file("a/x", "1").end();
    let upper = || Tar::new().directory("a").file("a/y", "1");
    for upper in
        [upper().file(".wh.a", "").end(), Tar::new().file(".wh.a", "").directory("a").file("a/y", "1").end()]
    {
        assert_eq!(paths(&index(&[lower.clone(), upper])), ["/a", "/a/y"]);
    }
}

#[test]
fn an_opaque_directory_hides_the_lower_content_wherever_it_stands_in_the_tar() {
    let lower =
        Tar::new().directory("a").directory("a/d").file("a/d/x", "1").file("a/x", "1").file("b", "1").end();
    let first = Tar::new().directory("a").file("a/.wh..wh..opq", "").file("a/y", "1").end();
    let last = Tar::new().directory("a").file("a/y", "1").file("a/.wh..wh..opq", "").end();
    for upper in [first, last] {
        assert_eq!(paths(&index(&[lower.clone(), upper])), ["/a", "/a/y", "/b"]);
    }
}

#[test]
fn an_opaque_root_leaves_the_layer_alone() {
    let upper = Tar::new().file(".wh..wh..opq", "").file("b", "1").end();
    assert_eq!(paths(&index(&[Tar::new().file("a", "1").end(), upper])), ["/b"]);
}

#[test]
fn what_replaces_a_directory_takes_its_content_with_it() {
    let lower = Tar::new().directory("a").file("a/x", "1").file("a-b", "1").end();
    let by_file = index(&[lower.clone(), Tar::new().file("a", "12").end()]);
    assert_eq!((paths(&by_file), size(&by_file, "/a")), (vec!["/a".to_owned(), "/a-b".to_owned()], 2));
    let by_symlink = index(&[lower, Tar::new().symlink("a", "b").end()]);
    assert_eq!(paths(&by_symlink), ["/a", "/a-b"]);
}

#[test]
fn a_directory_replaces_what_is_none_and_keeps_what_is_one() {
    let lower = Tar::new().symlink("a", "b").directory("d").file("d/x", "1").end();
    let upper =
        Tar::new().directory("a").file("a/y", "1").member(b"d", EntryType::Directory, "", 0o2750, b"").end();
    let index = index(&[lower, upper]);
    assert_eq!(paths(&index), ["/a", "/a/y", "/d", "/d/x"]);
    assert_eq!(node(&index, "/d").metadata.mode.bits(), 0o2750);
}

#[test]
fn a_path_through_a_symlink_of_a_lower_layer_makes_a_directory() {
    let lower = Tar::new().directory("usr").directory("usr/bin").symlink("bin", "usr/bin").end();
    let index = index(&[lower, Tar::new().file("bin/x", "1").end()]);
    assert_eq!(node(&index, "/bin").kind, Kind::Directory);
    assert!(index.tree().get(&path("/usr/bin/x")).is_none());
}

#[test]
fn a_parent_that_no_layer_states_is_0755_of_root() {
    let index = index(&[Tar::new().file("a/b/c", "1").end()]);
    for parent in ["/", "/a", "/a/b"] {
        let node = node(&index, parent);
        assert_eq!(
            (node.metadata.mode.bits(), node.metadata.uid, node.metadata.gid, &node.kind),
            (0o755, 0, 0, &Kind::Directory)
        );
    }
}

#[test]
fn names_of_one_file_are_files_that_are_equal() {
    let lower = Tar::new().file("a", "123").hardlink("b", "./a").end();
    let upper = Tar::new()
        .hardlink("d", "c")
        .file("c", "1")
        .hardlink("e", "a")
        .symlink("s", "a")
        .hardlink("t", "s")
        .end();
    let index = index(&[lower, upper]);
    assert_eq!(node(&index, "/a"), node(&index, "/b"));
    assert_eq!(node(&index, "/c"), node(&index, "/d"));
    assert_eq!(node(&index, "/a"), node(&index, "/e"));
    assert_eq!(node(&index, "/s"), node(&index, "/t"));
}

/// 2,000 names of a unit of 1 MiB are 1 MiB, and not 2 GiB.
#[test]
fn names_of_one_file_share_one_record_in_memory_and_in_the_cache() {
    let unit = "x".repeat(1 << 20);
    let first = "usr/lib/systemd/system/0.service";
    let names = |tar: Tar| {
        (1..2000)
            .fold(tar, |tar, name| tar.hardlink(&format!("usr/lib/systemd/system/{name}.service"), first))
    };
    let index = index(&[names(Tar::new().file(first, &unit)).end()]);
    let text = |index: &BaseIndex, name: u32| {
        let node = node(index, &format!("/usr/lib/systemd/system/{name}.service")).clone();
        facts(&node.kind).unwrap().text.clone().unwrap()
    };
    assert!(Arc::ptr_eq(&text(&index, 0), &text(&index, 1999)));
    let kept = postcard::to_stdvec(&index).unwrap();
    assert!(kept.len() < 2 << 20, "{} bytes", kept.len());
    let read: BaseIndex = postcard::from_bytes(&kept).unwrap();
    assert!(read == index && Arc::ptr_eq(&text(&read, 0), &text(&read, 1999)));
}

#[test]
fn a_hardlink_stays_with_the_file_it_was_made_to() {
    let one = Tar::new().file("a", "1").hardlink("b", "a").file("a", "22").end();
    let index = index(&[one, Tar::new().file("a", "333").end()]);
    assert_eq!((size(&index, "/a"), size(&index, "/b")), (3, 1));
}

/// podman keeps no others in a layer that it writes, and ostree refuses those of users on a symlink.
#[test]
fn extended_attributes_of_users_are_kept_of_files_and_directories() {
    let records = [
        ("SCHILY.xattr.user.note", &b"a=b\0c"[..]),
        ("SCHILY.xattr.user.overlay.opaque", b"y"),
        ("SCHILY.xattr.security.selinux", b"system_u:object_r:etc_t:s0"),
        ("SCHILY.xattr.trusted.note", b"x"),
    ];
    let tar = Tar::new().pax(&records).directory("d").pax(&records).file("f", "1").pax(&records);
    let index = index(&[tar.member(b"s", EntryType::Symlink, "f", 0o777, b"").end()]);
    let kept = |path: &str| {
        let xattrs = &node(&index, path).metadata.xattrs;
        xattrs.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect::<Vec<_>>()
    };
    for path in ["/d", "/f"] {
        assert_eq!(kept(path), [("user.note".to_owned(), b"a=b\0c".to_vec())], "{path}");
    }
    assert_eq!(kept("/s"), []);
}

#[test]
fn metadata_comes_from_the_header_and_its_extensions() {
    let long = format!("usr/{}", "x".repeat(150));
    let capability = [1, 0, 0, 2, b'\n', 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let tar = Tar::new()
        .pax(&[
            ("path", long.as_bytes()),
            ("uid", b"3000000"),
            ("gid", b"4000000000"),
            ("SCHILY.xattr.security.capability", &capability),
            ("SCHILY.xattr.user.other", b"x"),
            ("mtime", b"1.5"),
        ])
        .member(b"short", EntryType::Regular, "", 0o4755, b"12")
        .member(
            b"././@LongLink",
            EntryType::GNULongName,
            "",
            0o644,
            format!("{}\0", "y".repeat(120)).as_bytes(),
        )
        .member(b"cut", EntryType::Regular, "", 0o1363, b"")
        .member(b"null", EntryType::Char, "", 0o666, b"")
        .member(b"fifo", EntryType::Fifo, "", 0o600, b"")
        .member(b"old/", EntryType::new(0), "", 0o700, b"")
        .end();
    let index = index(&[tar]);
    let found = node(&index, &format!("/{long}"));
    assert_eq!(
        (found.metadata.mode.bits(), found.metadata.uid, found.metadata.gid),
        (0o4755, 3_000_000, 4_000_000_000)
    );
    assert_eq!(size(&index, &format!("/{long}")), 2);
    assert_eq!(found.metadata.xattrs.get(CAPABILITY), Some(&capability[..]));
    assert_eq!(found.metadata.xattrs.get("user.other"), Some(&b"x"[..]));
    assert_eq!(node(&index, &format!("/{}", "y".repeat(120))).metadata.mode.bits(), 0o1363, "755 in decimal");
    assert!(matches!(node(&index, "/null").kind, Kind::Device { is_block: false, major: 0, minor: 0 }));
    assert_eq!(node(&index, "/fifo").kind, Kind::Fifo);
    assert_eq!(node(&index, "/old").kind, Kind::Directory);
}

#[test]
fn names_may_begin_with_a_dot_and_end_with_a_slash() {
    let tar = Tar::new()
        .member(b"./", EntryType::Directory, "", 0o700, b"")
        .directory("./etc/")
        .file("./etc/x", "1")
        .file("etc//y", "1")
        .end();
    let index = index(&[tar]);
    assert_eq!(paths(&index), ["/etc", "/etc/x", "/etc/y"]);
    assert_eq!(node(&index, "/").metadata.mode.bits(), 0o700);
}

#[test]
fn what_belongs_to_aufs_is_passed_over() {
    let tar = Tar::new()
        .directory(".wh..wh.plnk")
        .file(".wh..wh.plnk/1.2", "x")
        .file(".wh..wh.aufs", "")
        .file("a", "")
        .end();
    assert_eq!(paths(&index(&[tar])), ["/a"]);
}

#[test]
fn children_are_those_of_one_directory() {
    let tar = Tar::new()
        .file("a/b/c", "1")
        .file("a/b-c", "1")
        .file("a/b0", "1")
        .file("a/d/e/f", "1")
        .file("ab", "")
        .end();
    let index = index(&[tar]);
    let children =
        |at: &str| index.tree().children(&path(at)).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(children("/a"), ["b", "b-c", "b0", "d"]);
    assert_eq!(children("/"), ["a", "ab"]);
    assert_eq!(children("/a/b"), ["c"]);
    assert!(children("/ab").is_empty() && children("/nowhere").is_empty());
}

#[test]
fn a_path_is_resolved_from_the_bases_own_root() {
    let tar = Tar::new()
        .directory("usr")
        .directory("usr/bin")
        .directory("var")
        .symlink("bin", "usr/bin")
        .symlink("absolute", "/usr/bin")
        .symlink("chain", "bin")
        .symlink("loop", "loop")
        .symlink("usr/bin/up", "../../var")
        .symlink("file-link", "usr/bin/file")
        .file("usr/bin/file", "1")
        .end();
    let index = index(&[tar]);
    let resolve = |at: &str| index.tree().resolve(&path(at)).map(|path| path.to_string());
    for (at, expected) in [
        ("/bin/x", "/usr/bin/x"),
        ("/absolute/x/y", "/usr/bin/x/y"),
        ("/chain/file", "/usr/bin/file"),
        ("/bin", "/bin"),
        ("/bin/up/x", "/var/x"),
        ("/not/there", "/not/there"),
        ("/file-link", "/file-link"),
        ("/loop", "/loop"),
        ("/", "/"),
    ] {
        assert_eq!(resolve(at).as_deref(), Ok(expected), "{at}");
    }
    assert_eq!(index.tree().follow(&path("/file-link")).unwrap().as_str(), "/usr/bin/file");
    assert_eq!(index.tree().follow(&path("/chain")).unwrap().as_str(), "/usr/bin");
    assert!(matches!(index.tree().resolve(&path("/loop/x")), Err(ResolveError::Loop { .. })));
    assert!(matches!(index.tree().follow(&path("/loop")), Err(ResolveError::Loop { .. })));
    assert!(matches!(index.tree().resolve(&path("/usr/bin/file/x")), Err(ResolveError::NotDirectory { .. })));
}

#[test]
fn forty_symlinks_are_followed_as_linux_follows_them() {
    let tar = (1..=41).fold(Tar::new().directory("l0"), |tar, number| {
        tar.symlink(&format!("l{number}"), &format!("l{}", number - 1))
    });
    let index = index(&[tar.end()]);
    assert_eq!(index.tree().resolve(&path("/l40/x")).unwrap().as_str(), "/l0/x");
    assert!(matches!(index.tree().resolve(&path("/l41/x")), Err(ResolveError::Loop { .. })));
}

#[test]
fn what_checks_read_is_kept_and_nothing_else() {
    let object = "sysroot/ostree/repo/objects/ab/cd.file";
    let tar = Tar::new()
        .file("usr/lib/os-release", "ID=x\n")
        .symlink("etc/os-release", "../usr/lib/os-release")
        .file("etc/passwd", "web:x:990:991::/:/bin/sh\n")
        .file("usr/lib/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:1:1::/:/x\nfar:x:7:7::/:/x\n")
        .file("etc/group", "web:x:991:\n")
        .file("etc/shadow", "secret")
        .file("usr/lib/systemd/system/a.service", "[Service]\n")
        .file("usr/lib/systemd/system/a.service.d/x.conf", "[Unit]\n")
        .file("usr/lib/systemd/system/a.service.d/deep/x.conf", "no")
        .file("usr/lib/systemd/system/a.service.wants/b.service", "no")
        .file(object, "[Socket]\n")
        .hardlink("usr/lib/systemd/system/b.socket", object)
        .member(b"etc/build-info", EntryType::Regular, "", 0o644, b"A=\xff\n")
        .file("usr/lib/systemd/system/large.service", &"x".repeat(1100 << 10))
        .end();
    let index = index(&[tar]);
    let text = |at: &str| index.text(&path(at));
    assert_eq!(text("/etc/os-release"), Some("ID=x\n"));
    assert_eq!(text("/usr/lib/systemd/system/a.service"), Some("[Service]\n"));
    assert_eq!(text("/usr/lib/systemd/system/a.service.d/x.conf"), Some("[Unit]\n"));
    assert_eq!(text("/usr/lib/systemd/system/b.socket"), Some("[Socket]\n"), "an object of ostree");
    assert_eq!(text("/etc/build-info"), Some("A=\u{fffd}\n"));
    for none in [
        "/etc/shadow",
        "/usr/lib/systemd/system/a.service.d/deep/x.conf",
        "/usr/lib/systemd/system/a.service.wants/b.service",
        "/usr/lib/systemd/system/large.service",
        &format!("/{object}"),
    ] {
        assert_eq!(text(none), None, "{none}");
    }
    assert_eq!(
        (index.user("web"), index.user("far"), index.user("root"), index.user("x")),
        (Some(990), Some(7), Some(0), None)
    );
    assert_eq!((index.group("web"), index.group("root"), index.group("x")), (Some(991), Some(0), None));
}

#[test]
fn a_sealed_base_is_known() {
    let sealed =
        |text: &str| index(&[Tar::new().file("usr/lib/ostree/prepare-root.conf", text).end()]).is_sealed();
    assert!(sealed("[etc]\ntransient=true\n[composefs]\nenabled = signed\nkeypath=/x\n"));
    assert!(sealed("[composefs]\nenabled=signed"));
    assert!(!sealed("[composefs]\nenabled=verity\n"));
    assert!(!sealed("[root]\nenabled=signed\n"));
    assert!(!sealed("[composefs]\n#enabled=signed\n"));
    assert!(!index(&[Tar::new().end()]).is_sealed());
}

#[test]
fn the_facts_of_a_program_are_those_of_readelf() {
    let program = std::fs::read("/proc/self/exe").unwrap();
    let tar = Tar::new().member(b"x", EntryType::Regular, "", 0o755, &program).end();
    let index = index(&[tar]);
    let elf = facts(&node(&index, "/x").kind).unwrap().elf.as_deref().expect("facts");
    assert!(elf.needed.iter().any(|library| library == "libc.so.6"), "{elf:?}");
    assert!(elf.required["libc.so.6"].iter().any(|version| version.starts_with("GLIBC_2.")), "{elf:?}");
    assert!(elf.interpreter.as_deref().is_some_and(|path| path.contains("/ld-linux")), "{elf:?}");
    assert!(matches!(elf.machine, 62 | 183) && elf.soname.is_none() && elf.defined.is_empty());
    for length in (0..program.len().min(20_000)).step_by(7) {
        drop(crate::base::elf::Elf::parse(&program[..length]));
    }
}
