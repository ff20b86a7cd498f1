//! Images as bootc's importers see them: `ostree` commits and checks out layer after layer, as ostree-rs-ext does, and
//! composefs-rs imports by its own command line. Both trees are that of podman.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use lapstrake::entry::{Dir, Run, Symlink};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::{Compression, Decompressor, Digest};
use proptest::test_runner::TestCaseError;

use super::engine::{Stored, present, run};
use super::merged_tree::{Seen, walk};
use super::workshop::Workshop;
use super::{described, equivalence};

/// How many random descriptions are imported.
const CASES: u32 = 20;
/// What the hostile base has, and no importer takes: `special-file` reports it.
const DEVICE: &str = "usr/share/null";

type Listing = BTreeMap<String, Seen>;

/// What podman has of an image of the store.
fn by_podman(workshop: &Workshop, name: &str) -> Listing {
    let stored = Stored::named(&format!("imported-{name}"));
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference(name), &to], workshop.path());
    walk(stored.mount().as_ref())
}

/// Writes the layers of an image as tars without the device, lowest first, and returns their paths.
fn layers(workshop: &Workshop, name: &str, to: &Path) -> Vec<String> {
    std::fs::create_dir_all(to).unwrap();
    let layout = to.join("layout");
    let copied = format!("dir:{}", layout.display());
    run("skopeo", &["copy", "--quiet", &workshop.reference(name), &copied], workshop.path());
    let manifest = std::fs::read(layout.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let layers = manifest["layers"].as_array().unwrap().iter().enumerate();
    let tars = layers.map(|(number, layer)| {
        let blob = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let tar = to.join(format!("{number}.tar"));
        let mut file = std::fs::File::create(&tar).unwrap();
        let blob = std::fs::File::open(layout.join(blob)).unwrap();
        std::io::copy(&mut Decompressor::new(std::io::BufReader::new(blob)).unwrap(), &mut file).unwrap();
        let tar = tar.to_str().unwrap().to_owned();
        let listed = run("tar", &["-tf", &tar], to);
        if listed.lines().any(|line| line.trim_start_matches("./") == DEVICE) {
            run("tar", &["--delete", "-f", &tar, DEVICE], to);
        }
        tar
    });
    tars.collect()
}

/// What ostree makes of an image of the store.
fn by_ostree(workshop: &Workshop, name: &str) -> Listing {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path();
    run("ostree", &["init", "--repo=repo", "--mode=bare"], to);
    for (number, tar) in layers(workshop, name, to).iter().enumerate() {
        let branch = format!("layer-{number}");
        let (tree, named) = (format!("--tree=tar={tar}"), format!("--branch={branch}"));
        let commit =
            ["commit", "--repo=repo", "--tar-autocreate-parents", "--no-bindings", "--subject=layer"];
        run("ostree", &[&commit[..], &[&named, &tree]].concat(), to);
        let checkout = ["checkout", "--repo=repo", "--union", "--whiteouts", "--force-copy"];
        run("ostree", &[&checkout[..], &[&branch, "root"]].concat(), to);
    }
    walk(&to.join("root"))
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

/// Checks that an importer has podman's tree. A directory that a layer below has keeps its mode and owner in ostree, where
/// `directory-metadata` says so.
fn assert_imported(importer: &str, imported: &Listing, podman: &Listing, kept: &BTreeSet<String>) {
    for path in imported.keys().chain(podman.keys()).filter(|path| *path != DEVICE) {
        let of = |listing: &Listing| {
            let mut seen = listing.get(path).cloned()?;
            // A name of a file that another name has is a link in one tree and a copy in the other.
            seen.hardlink = None;
            Some(seen)
        };
        let (left, right) = (of(imported), of(podman));
        // `ostree checkout --union` gives root a symlink that replaces another. Nobody asks for a symlink's owner.
        let is_relinked = importer == "ostree" && left.clone().map(of_root) == right.clone().map(of_root);
        let is_kept = left.as_ref().is_some_and(|seen| seen.kind == "directory") && kept.contains(path);
        let is_as_expected = left == right || is_relinked || is_kept;
        assert!(is_as_expected, "`/{path}`: {importer} has {left:?}, podman has {right:?}");
    }
}

/// What was seen, with a symlink of root in place of a symlink.
fn of_root(seen: Seen) -> Seen {
    if seen.kind == "symlink" { Seen { uid: 0, gid: 0, ..seen } } else { seen }
}

fn compare(workshop: &Workshop, image: &Image) {
    workshop.build(image, Compression::Zstd);
    let name = image.name.get().unwrap().as_str();
    let podman = by_podman(workshop, name);
    let said = workshop.check(image).into_iter().filter(|finding| finding.name == "directory-metadata");
    let kept = said.filter_map(|finding| Some(finding.path?.as_str().trim_start_matches('/').to_owned()));
    assert_imported("ostree", &by_ostree(workshop, name), &podman, &kept.collect());
    if let Some(cfsctl) = cfsctl() {
        assert_imported("composefs", &by_composefs(&cfsctl, workshop, name), &podman, &BTreeSet::new());
    }
}

#[test]
fn random_images_are_imported_by_ostree_and_composefs_as_podman_has_them() {
    if !present(&["podman", "skopeo", "ostree", "tar", "busybox"]) {
        return;
    }
    let workshop = equivalence::workshop();
    let cases = Cell::new(0);
    let result = equivalence::runner(CASES).run(&described::layers(), |layers| {
        let image = described::image("imported", &layers, &[], |image| workshop.accepts(image));
        if image.layers.is_empty() {
            return Err(TestCaseError::reject("nothing legal in it"));
        }
        compare(&workshop, &image);
        cases.set(cases.get() + 1);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
    assert!(cases.get() >= CASES, "only {} descriptions were imported", cases.get());
}

/// A directory in place of a file, of a link, of a directory, and the reverse.
#[test]
fn what_takes_the_place_of_another_kind_is_imported_as_podman_has_it() {
    if !present(&["podman", "skopeo", "ostree", "tar", "busybox"]) {
        return;
    }
    let workshop = equivalence::workshop();
    let image = Image::new("in-place", Base::stand_in())
        .layer(
            Layer::new("first")
                .text("1", "/usr/share/x/file")
                .with(Symlink::to("file", "/usr/share/x/link"))
                .text("2", "/usr/share/x/tree/file")
                .with(Dir::new("/usr/share/x/private").mode(0o700)),
        )
        .layer(
            Layer::new("second")
                .remove("/usr/share/x/file")
                .dir("/usr/share/x/file")
                .remove("/usr/share/x/link")
                .text("3", "/usr/share/x/link/file")
                .remove("/usr/share/x/tree")
                .text("4", "/usr/share/x/tree")
                .remove("/usr/share/x/private")
                .with(Dir::new("/usr/share/x/private").mode(0o750))
                .text("5", "/usr/share/x/other"),
        )
        .layer(Layer::new("third").with(Run::new([
            "/bin/busybox",
            "sh",
            "-ec",
            "cd /usr/share/x; busybox=/bin/busybox; $busybox rm other; $busybox mkdir other; $busybox touch other/file",
        ])));
    compare(&workshop, &image);
    let found: Vec<_> =
        workshop.check(&image).into_iter().filter(|found| found.name == "directory-metadata").collect();
    let [found] = &found[..] else { panic!("{found:#?}") };
    assert!(
        found.message.contains("`/usr/share/x/private` is removed and made again, from mode 0700"),
        "{found:#?}"
    );
}
