//! Images as bootc's composefs backend sees them: composefs-rs imports them by its own command line, and its tree is that
//! of podman. The examples are also imported by ostree, where they are compared with podman's.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use lapstrake::Image;
use lapstrake_oci::{Compression, Digest};
use proptest::test_runner::TestCaseError;

use super::engine::{Stored, present, run};
use super::merged_tree::{Seen, walk};
use super::workshop::Workshop;
use super::{described, equivalence};

/// How many random descriptions are imported.
const CASES: u32 = 20;
/// What the hostile base has, whose number the dump has in another form: `special-file` reports it.
const DEVICE: &str = "usr/share/null";

type Listing = BTreeMap<String, Seen>;

/// What podman has of an image of the store.
fn by_podman(workshop: &Workshop, name: &str) -> Listing {
    let stored = Stored::named(&format!("imported-{name}"));
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference(name), &to], workshop.path());
    walk(stored.mount().as_ref())
}

/// The command line of composefs-rs; none without it.
fn cfsctl() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = root.join("target/fixtures/composefs/bin/cfsctl");
    if program.exists() {
        return Some(program.to_str().unwrap().to_owned());
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", program.display());
    eprintln!("\n*** SKIPPED: `cargo xtask fixtures` brings composefs-rs ***\n");
    None
}

/// What composefs-rs makes of an image of the store: it prints a dump, composefs-dump(5), and keeps larger files as objects.
fn by_composefs(cfsctl: &str, workshop: &Workshop, name: &str) -> Listing {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path();
    let run = |arguments: &[&str]| run(cfsctl, &[&["--repo", "repo"], arguments].concat(), to);
    std::fs::create_dir(to.join("repo")).unwrap();
    run(&["init", "--insecure"]);
    run(&["oci", "pull", &workshop.reference(name), "imported"]);
    let dump = run(&["oci", "dump", "--xattrs", "keep-user-xattrs", "imported"]);
    let mut listing = Listing::new();
    let mut links = Vec::new();
    for line in dump.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let path = unescaped(fields[0]).strip_prefix(b"/").unwrap().escape_ascii().to_string();
        if fields[2].starts_with('@') {
            links.push((path, unescaped(fields[8]).strip_prefix(b"/").unwrap().escape_ascii().to_string()));
        } else if !path.is_empty() {
            listing.insert(path, seen(&fields, &to.join("repo/objects")));
        }
    }
    for (path, target) in links {
        let seen = listing[&target].clone();
        listing.insert(path, seen);
    }
    listing
}

/// One line of a dump: path, size, mode, links, owner, group, device, time, payload, content, digest, extended attributes.
fn seen(fields: &[&str], objects: &Path) -> Seen {
    let number = |field: &str| field.parse().unwrap();
    let mode = u32::from_str_radix(fields[2], 8).unwrap();
    let size = fields[1].parse().unwrap();
    let (kind, size, content) = match mode & 0o170_000 {
        0o040_000 => ("directory", 0, String::new()),
        0o120_000 => ("symlink", 0, format!("{:?}", OsStr::from_bytes(&unescaped(fields[8])))),
        0o100_000 => {
            let bytes = match (fields[8], fields[9]) {
                ("-", "-") => Vec::new(),
                ("-", inline) => unescaped(inline),
                (object, _) => std::fs::read(objects.join(object)).unwrap(),
            };
            ("file", size, Digest::of(&bytes).to_string())
        }
        0o020_000 => ("character device", 0, String::new()),
        other => panic!("{other:o} in {fields:?}"),
    };
    let xattrs = fields[11..].iter().map(|field| {
        let (name, value) = field.split_once('=').unwrap();
        (String::from_utf8(unescaped(name)).unwrap(), unescaped(value))
    });
    Seen {
        kind,
        mode: mode & 0o7777,
        uid: number(fields[4]),
        gid: number(fields[5]),
        size,
        content,
        device: 0,
        xattrs: xattrs.collect(),
        hardlink: None,
    }
}

/// The bytes of a field: `\xNN` and the escapes of C, and `-` for nothing.
fn unescaped(field: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = field.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().unwrap() {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    bytes
}

/// Checks that composefs-rs has podman's tree.
fn assert_imported(imported: &Listing, podman: &Listing) {
    for path in imported.keys().chain(podman.keys()).filter(|path| *path != DEVICE) {
        let of = |listing: &Listing| {
            let mut seen = listing.get(path).cloned()?;
            // A name of a file that another name has is a link in one tree and a copy in the other.
            seen.hardlink = None;
            Some(seen)
        };
        assert_eq!(of(imported), of(podman), "`/{path}`: composefs-rs (left), podman (right)");
    }
}

fn compare(cfsctl: &str, workshop: &Workshop, image: &Image) {
    workshop.build(image, Compression::Zstd);
    let name = image.name.get().unwrap().as_str();
    assert_imported(&by_composefs(cfsctl, workshop, name), &by_podman(workshop, name));
}

#[test]
fn random_images_are_imported_by_composefs_as_podman_has_them() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let Some(cfsctl) = cfsctl() else { return };
    let workshop = equivalence::workshop();
    let cases = Cell::new(0);
    let result = equivalence::runner(CASES).run(&described::layers(), |layers| {
        let image = described::image("imported", &layers, &[], |image| workshop.accepts(image));
        if image.layers.is_empty() {
            return Err(TestCaseError::reject("nothing legal in it"));
        }
        compare(&cfsctl, &workshop, &image);
        cases.set(cases.get() + 1);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
    assert!(cases.get() >= CASES, "only {} descriptions were imported", cases.get());
}
