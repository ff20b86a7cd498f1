//! What is read of archives by real tools, and what is refused of hostile ones.

use std::collections::{BTreeSet, HashSet};
use std::io::Cursor;

use camino::Utf8Path;
use flate2::Crc;
use lapstrake_oci::{Blobs, Digest};
use tar::EntryType;

use super::{ArchiveError, keep_members, read_archive};
use crate::base::fixture::Tar;
use crate::plan::{Archive, ArchiveMember};
use crate::support::explain::Explain;

/// The same files, packed in the folder with `README` and `tool-1.2` by
/// `tar --sort=name --owner=1000 --group=1000 --numeric-owner -czf gnu.tar.gz README tool-1.2` of GNU tar 1.34,
/// `tar --format=posix --zstd -cf pax.tar.zst ./README ./tool-1.2`,
/// `bsdtar --format=pax --uname "" --gname "" -czf bsdtar.tar.gz README tool-1.2` of libarchive 3.6.2,
/// `bsdtar --format=zip -cf bsdtar.zip README tool-1.2`,
/// `zip -q -X -r -y info.zip README tool-1.2` of Info-ZIP 3.0.
const REAL: [(&str, &[u8]); 5] = [
    ("gnu.tar.gz", include_bytes!("../../../fuzz/corpus/archive/gnu.tar.gz")),
    ("pax.tar.zst", include_bytes!("../../../fuzz/corpus/archive/pax.tar.zst")),
    ("bsdtar.tar.gz", include_bytes!("../../../fuzz/corpus/archive/bsdtar.tar.gz")),
    ("bsdtar.zip", include_bytes!("../../../fuzz/corpus/archive/bsdtar.zip")),
    ("info.zip", include_bytes!("../../../fuzz/corpus/archive/info.zip")),
];
/// The same by `zipfile` of Python 3.11, which follows links, with one more member that has sizes of 64 bits.
const PYTHON: &[u8] = include_bytes!("../../../fuzz/corpus/archive/python.zip");

fn read(bytes: &[u8]) -> Result<Archive, ArchiveError> {
    read_archive(Cursor::new(bytes), bytes.len() as u64)
}

fn refused(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// Returns a line for each member.
fn lines(archive: &Archive) -> Vec<String> {
    let line = |(name, member): (&String, &ArchiveMember)| match member {
        ArchiveMember::Directory { mode } => format!("{mode:04o} {name}/"),
        ArchiveMember::Symlink { target } => format!("{name} -> {target}"),
        ArchiveMember::Special { what } => format!("{name} is {what}"),
        ArchiveMember::File(file) => format!("{:04o} {name} {}", file.mode, file.size),
    };
    archive.members.iter().map(line).collect()
}

#[test]
fn archives_of_real_tools_have_the_same_members() {
    for (name, bytes) in REAL {
        let archive = read(bytes).unwrap();
        let expected = [
            "0640 README 8",
            "0755 tool-1.2/",
            "0755 tool-1.2/bin/",
            "4755 tool-1.2/bin/su 8",
            "tool-1.2/bin/t -> tool",
            "0755 tool-1.2/bin/tool 20",
            "0755 tool-1.2/bin/tool-1 20",
            "0755 tool-1.2/lib/",
            "0755 tool-1.2/lib/systemd/",
            "0755 tool-1.2/lib/systemd/system/",
            "0644 tool-1.2/lib/systemd/system/tool.service 71",
            "0755 tool-1.2/share/",
            "0755 tool-1.2/share/empty/",
        ];
        assert_eq!(lines(&archive), expected, "{name}");
        let file = |name: &str| match &archive.members[name] {
            ArchiveMember::File(file) => file.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(file("tool-1.2/bin/tool").digest, Digest::of(b"#!/bin/sh\necho tool\n"), "{name}");
        let unit = file("tool-1.2/lib/systemd/system/tool.service").text;
        assert!(unit.is_some_and(|text| text.contains("ExecStart=/usr/bin/tool")), "{name}");
        // A zip has no hardlinks.
        let inodes = [file("tool-1.2/bin/tool").inode, file("tool-1.2/bin/tool-1").inode];
        assert_eq!(inodes, if name.ends_with("zip") { [None, None] } else { [Some(0), Some(0)] }, "{name}");
        assert!(archive.repeated.is_empty());
    }
    let archive = read(PYTHON).unwrap();
    assert_eq!(
        lines(&archive)[4..7],
        ["0755 tool-1.2/bin/t 20", "0755 tool-1.2/bin/tool 20", "0755 tool-1.2/bin/tool-1 20"]
    );
    assert!(lines(&archive).contains(&"0600 tool-1.2/large 6".to_owned()));
}

#[test]
fn the_files_that_are_wanted_are_kept_as_blobs() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = Digest::of(b"#!/bin/sh\necho tool\n");
    for (name, bytes) in REAL {
        let blobs = Blobs::open(&Utf8Path::from_path(directory.path()).unwrap().join(name)).unwrap();
        let files = HashSet::from([(20, wanted.clone())]);
        keep_members(Cursor::new(bytes), bytes.len() as u64, &files, &blobs).unwrap();
        assert_eq!(blobs.read(&wanted, 20).unwrap(), b"#!/bin/sh\necho tool\n");
        assert_eq!(blobs.list().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn what_is_no_archive_is_named_with_a_way_out() {
    let xz = include_bytes!("../../../fuzz/corpus/archive/other.xz");
    let error = read(xz).unwrap_err();
    assert_eq!(error.to_string(), "it is compressed with xz, and not a tar or a zip");
    let unpack = "unpack it in a build stage, and take the directory by `Tree::from_stage(…)`";
    assert_eq!(error.help().as_deref(), Some(unpack));
    for bytes in [&b"#!/bin/sh\necho hi\n"[..], &[b'x'; 4096]] {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.to_string(), "it is neither a tar nor a zip");
        assert_eq!(error.help().as_deref(), Some("a single file is taken by `File::fetched(…)`"));
    }
    assert_eq!(refused(b"\x7fELF\x02"), "it is a program, and not a tar or a zip");
    assert!(read(&Tar::new().end()).unwrap().members.is_empty());
}

fn tar(member: &[u8], kind: EntryType, link: &str) -> Vec<u8> {
    Tar::new().member(member, kind, link, 0o644, b"").end()
}

#[test]
fn names_out_of_the_archive_are_refused() {
    let file = EntryType::Regular;
    assert_eq!(refused(&tar(b"/etc/passwd", file, "")), "its member `/etc/passwd` has an absolute name");
    for name in ["../x", "a/../../x", "a/.."] {
        assert_eq!(refused(&tar(name.as_bytes(), file, "")), format!("its member `{name}` climbs with `..`"));
        assert_eq!(
            refused(&zip(&[Member::file(name, b"")])),
            format!("its member `{name}` climbs with `..`")
        );
    }
    assert_eq!(refused(&tar(b"\xff", file, "")), "its member `\u{fffd}` has a name that is not UTF-8");
    for target in ["gone", "../x", "/etc/passwd", "x"] {
        let message = format!("its member `x` links to `{target}`, which is not a file before it");
        assert_eq!(refused(&tar(b"x", EntryType::Link, target)), message);
    }
}

#[test]
fn a_member_below_a_link_or_of_two_kinds_is_refused() {
    let below = Tar::new().member(b"a", EntryType::Symlink, "/etc", 0o777, b"");
    let below = below.member(b"a/b/passwd", EntryType::Regular, "", 0o644, b"x").end();
    assert_eq!(refused(&below), "its member `a/b/passwd` is below `a`, which is not a directory");
    let both = Tar::new().directory("a").member(b"a", EntryType::Symlink, "/etc", 0o777, b"").end();
    assert_eq!(refused(&both), "its member `a` is a directory, and something else, too");
}

#[test]
fn of_members_with_one_name_the_last_counts_and_devices_are_known() {
    let twice = Tar::new().directory("./").directory("d").directory("d");
    let twice = twice.member(b"x", EntryType::Regular, "", 0o644, b"1");
    let twice = twice.member(b"./x", EntryType::Regular, "", 0o600, b"22");
    let twice = twice.member(b"p", EntryType::Fifo, "", 0o600, b"").end();
    let archive = read(&twice).unwrap();
    assert_eq!(lines(&archive), ["0755 d/", "p is a fifo", "0600 x 2"]);
    assert_eq!(archive.repeated, BTreeSet::from(["x".to_owned()]));
}

#[test]
fn what_inflates_without_bound_is_refused() {
    let zeros = |size: u64| zstd::encode_all(std::io::Read::take(std::io::repeat(0), size), 1).unwrap();
    // A header that states 3 GiB, and then what looks like it.
    let mut header = tar::Header::new_gnu();
    header.set_path("bomb").unwrap();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(3 << 30);
    header.set_cksum();
    let bomb = [zstd::encode_all(&header.as_bytes()[..], 1).unwrap(), zeros(1 << 20)].concat();
    let message = "its member `bomb` makes it larger than the limit, which is 2 GiB and 32 times its size";
    assert_eq!(refused(&bomb), message);
    let mut member = Member::file("bomb", b"");
    (member.size, member.method) = (0xffff_fff0, 8);
    assert_eq!(refused(&zip(&[member])), message);
}

/// A member of a zip that is not compressed.
struct Member {
    name: String,
    /// In the local header.
    local_name: String,
    content: Vec<u8>,
    size: u32,
    flags: u16,
    method: u16,
    mode: u32,
    crc: u32,
}

impl Member {
    fn file(name: &str, content: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(content);
        Self {
            name: name.to_owned(),
            local_name: name.to_owned(),
            content: content.to_vec(),
            size: u32::try_from(content.len()).unwrap(),
            flags: 0,
            method: 0,
            mode: 0o100_644,
            crc: crc.sum(),
        }
    }

    /// The fields that both headers have, from the flags to the lengths.
    fn fields(&self, name: &str) -> Vec<u8> {
        let compressed = u32::try_from(self.content.len()).unwrap();
        let numbers = [self.flags.to_le_bytes(), self.method.to_le_bytes(), [0; 2], [0; 2]].concat();
        let sizes = [self.crc, compressed, self.size].map(u32::to_le_bytes).concat();
        let lengths = [u16::try_from(name.len()).unwrap(), 0].map(u16::to_le_bytes).concat();
        [numbers, sizes, lengths].concat()
    }
}

fn zip(members: &[Member]) -> Vec<u8> {
    let (mut zip, mut list) = (Vec::new(), Vec::new());
    for member in members {
        let start = u32::try_from(zip.len()).unwrap();
        zip.extend([&b"PK\x03\x04\x14\0"[..], &member.fields(&member.local_name)].concat());
        zip.extend([member.local_name.as_bytes(), &member.content].concat());
        list.extend([&b"PK\x01\x02\x14\x03\x14\0"[..], &member.fields(&member.name), &[0; 6]].concat());
        list.extend([(member.mode << 16).to_le_bytes(), start.to_le_bytes()].concat());
        list.extend(member.name.as_bytes());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let places = [list.len(), zip.len()].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &places.concat(), &[0; 2]].concat();
    [zip, list, end].concat()
}

#[test]
fn a_zip_that_readers_understand_differently_is_refused() {
    let file = || Member::file("x", b"content");
    assert_eq!(lines(&read(&zip(&[file()])).unwrap()), ["0644 x 7"]);
    let change = |change: fn(&mut Member)| {
        let mut member = file();
        change(&mut member);
        refused(&zip(&[Member::file("a", b"a"), member]))
    };
    let misplaced = "its member `x` is not where its list of members says";
    let damaged = "the content of its member `x` is damaged";
    assert_eq!(change(|member| member.local_name = "y".to_owned()), misplaced);
    assert_eq!(change(|member| member.crc ^= 1), damaged);
    assert_eq!(change(|member| member.size -= 1), damaged);
    assert_eq!(change(|member| member.size += 1), damaged);
    assert_eq!(change(|member| member.flags = 1), "its member `x` is encrypted");
    let method = "its member `x` is compressed by method 93, and only deflate is supported";
    assert_eq!(change(|member| member.method = 93), method);
    assert_eq!(change(|member| member.method = 8), damaged);
    let whole = zip(&[file()]);
    assert_eq!(refused(&[&whole[..], b"more"].concat()), "its end is not the end of a zip");
    assert_eq!(refused(&whole[..whole.len() - 1]), "its end is not the end of a zip");
    // A second list before the one that the end names.
    let moved = [&whole[..37], b"!!!!", &whole[37..]].concat();
    assert_eq!(refused(&moved), "its end is not the end of a zip");
}

#[test]
fn a_zip_has_the_modes_and_links_of_unix_or_the_defaults() {
    let mut link = Member::file("link", b"x");
    link.mode = 0o120_777;
    let mut device = Member::file("null", b"");
    device.mode = 0o020_666;
    let mut plain = Member::file("plain", b"");
    plain.mode = 0;
    let mut directory = Member::file("d/", b"");
    directory.mode = 0;
    let archive = read(&zip(&[link, device, plain, directory])).unwrap();
    assert_eq!(lines(&archive), ["0755 d/", "link -> x", "null is a device", "0644 plain 0"]);
}
