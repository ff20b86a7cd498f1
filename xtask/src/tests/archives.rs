//! Trees of archives: what is taken, what is refused, and that the context has the same files.

use lapstrake::entry::{Run, Tree};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::Digest;
use tar::EntryType;

use super::described::ARCHIVE;
use super::engine::present;
use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::{Finding, Severity};
use crate::plan::Plan;

const URL: &str = "https://files.example/tool.tar.gz";

/// A workshop whose cache has an archive, so that nothing is downloaded, and a tree of it.
fn with(archive: &[u8]) -> (Workshop, Tree) {
    let workshop = Workshop::stand_in();
    let (digest, _) = workshop.cache.blobs().put(archive).unwrap();
    (workshop, Tree::fetched(URL, digest.to_string(), "/usr"))
}

fn image(tree: Tree) -> Image {
    Image::new("archive", Base::stand_in()).layer(Layer::new("tool").with(tree))
}

fn tool() -> (Workshop, Tree) {
    with(ARCHIVE)
}

/// Returns what a plan has that was described.
fn lines(plan: &Plan) -> Vec<String> {
    let described = plan.layers.iter().flat_map(|layer| layer.described());
    let line = |(path, member): (_, &crate::plan::Member)| {
        let metadata = &member.metadata;
        format!("{} {} {path} {}:{}", member.kind.name(), metadata.mode, metadata.uid, metadata.gid)
    };
    described.map(line).collect()
}

/// Returns the findings about the archive, each with its help.
fn found(workshop: &Workshop, tree: Tree) -> Vec<String> {
    let of_archive = |finding: &Finding| {
        ["archive", "archive-mode", "archive-member", "nothing-taken"].contains(&finding.name)
    };
    let found = workshop.plan(&image(tree)).1.into_iter().filter(of_archive);
    let line = |finding: Finding| {
        let severity = match finding.severity {
            Severity::Fatal => "fatal",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let help = finding.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{severity}: {}{help}", finding.message)
    };
    found.map(line).collect()
}

#[test]
fn the_members_are_in_the_image_without_their_first_directory_and_owned_by_root() {
    let (workshop, tree) = tool();
    let plan = workshop.planned(&image(tree.strip_components(1).exclude("su").owner_of("share", "0:33")));
    let expected = [
        "directory 0755 /usr 0:0",
        "directory 0755 /usr/bin 0:0",
        "symlink 0777 /usr/bin/t 0:0",
        "file 0755 /usr/bin/tool 0:0",
        "file 0755 /usr/bin/tool-1 0:0",
        "directory 0755 /usr/lib 0:0",
        "directory 0755 /usr/lib/systemd 0:0",
        "directory 0755 /usr/lib/systemd/system 0:0",
        "file 0644 /usr/lib/systemd/system/tool.service 0:0",
        "directory 0755 /usr/share 0:0",
        "directory 0755 /usr/share/empty 0:33",
    ];
    assert_eq!(lines(&plan), expected);
    let second =
        plan.layers[0].members.iter().find(|(path, _)| path.as_str() == "/usr/bin/tool-1").unwrap().1;
    assert_eq!(second.hardlink.as_ref().map(ToString::to_string).as_deref(), Some("/usr/bin/tool"));
}

#[test]
fn only_what_a_pattern_names_is_taken() {
    let (workshop, tree) = tool();
    let tree = tree.strip_components(1).only("bin/tool").only("*.service").mode_of("tool", 0o700);
    let expected = [
        "directory 0755 /usr 0:0",
        "file 0700 /usr/bin/tool 0:0",
        "file 0644 /usr/lib/systemd/system/tool.service 0:0",
    ];
    assert_eq!(lines(&workshop.planned(&image(tree))), expected);
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error_with_what_is_meant() {
    let (workshop, tree) = tool();
    let only = |tree: &Tree, pattern: &str| found(&workshop, tree.clone().only(pattern));
    let whole = tree.clone();
    let nothing = |pattern: &str, help: &str| {
        vec![format!("fatal: `.only({pattern:?})` matches nothing in `{URL}` ({help})")]
    };
    let help = "it has `tool-1.2/bin/tool`: write `.strip_components(1)`";
    assert_eq!(only(&whole, "bin/tool"), nothing("bin/tool", help));
    let stripped = tree.strip_components(1);
    let help = "a pattern is for what `.strip_components(1)` leaves: `.only(\"bin/tool\")`";
    assert_eq!(only(&stripped, "tool-1.2/bin/tool"), nothing("tool-1.2/bin/tool", help));
    assert_eq!(only(&stripped, "bin/tol"), nothing("bin/tol", "did you mean `bin/tool`?"));
    assert_eq!(only(&stripped, "z/*"), nothing("z/*", "it has `bin`, `bin/su`, `bin/t`"));
    assert_eq!(only(&stripped, "bin/tool"), [""; 0]);
}

#[test]
fn a_number_of_components_that_leaves_nothing_is_an_error() {
    let (workshop, tree) = tool();
    let message = format!(
        "fatal: `.strip_components(9)` leaves nothing of `{URL}`, whose names have at most 5 components \
         (write `.strip_components(4)`)"
    );
    assert_eq!(found(&workshop, tree.strip_components(9)), [message]);
    let (workshop, tree) = with(&Tar::new().end());
    assert_eq!(found(&workshop, tree), [format!("fatal: `{URL}` is an archive without members")]);
    let (workshop, _) = tool();
    workshop.source("web/index.html", b"");
    let (_, findings) = workshop.plan(&image(Tree::new("web", "/usr/share/web").strip_components(1)));
    assert_eq!(findings[0].message, "`.strip_components(1)` is for archives, and `web` is a directory");
    let (_, findings) = workshop.plan(&image(Tree::new("web", "/usr/share/web").only("index.htm")));
    assert_eq!(findings[0].message, "`.only(\"index.htm\")` matches nothing in `web`");
    assert_eq!(findings[0].help.as_deref(), Some("did you mean `index.html`?"));
}

#[test]
fn what_the_image_does_not_get_of_an_archive_is_stated() {
    let (workshop, tree) = tool();
    let tree = tree.strip_components(1);
    let setuid = format!(
        "warning: `bin/su` of `{URL}` has the mode 4755, and the image gets 0755 \
         (write `.mode_of(\"/bin/su\", 0o4755)` if the image needs it)"
    );
    let left = format!("note: `README` of `{URL}` is left out, which no directory is to be stripped of");
    assert_eq!(found(&workshop, tree.clone()), [left, setuid]);
    let plan = workshop.planned(&image(tree.clone()));
    assert!(lines(&plan).contains(&"file 0755 /usr/bin/su 0:0".to_owned()));
    let stated = tree.only("bin").mode_of("/bin/su", 0o4755);
    assert_eq!(found(&workshop, stated.clone()), [""; 0]);
    assert!(lines(&workshop.planned(&image(stated))).contains(&"file 4755 /usr/bin/su 0:0".to_owned()));

    let twice = Tar::new().member(b"x", EntryType::Regular, "", 0o644, b"1");
    let (workshop, tree) = with(&twice.member(b"x", EntryType::Regular, "", 0o644, b"2").end());
    let message = format!("note: `x` of `{URL}` is there more than once, and the last counts");
    assert_eq!(found(&workshop, tree), [message]);
}

#[test]
fn links_out_of_the_tree_and_devices_are_refused_unless_they_are_left_out() {
    let hostile = Tar::new()
        .member(b"a/b", EntryType::Symlink, "../../etc/shadow", 0o777, b"")
        .member(b"a/fine", EntryType::Symlink, "../a/b", 0o777, b"")
        .member(b"a/null", EntryType::Char, "", 0o666, b"")
        .member(b"a/root", EntryType::Symlink, "/", 0o777, b"");
    let (workshop, tree) = with(&hostile.end());
    let refused = [
        format!(
            "fatal: `a/b` of `{URL}` is a link to `../../etc/shadow`, out of the tree (leave it out: `.exclude(\"/a/b\")`)"
        ),
        format!(
            "fatal: `a/fine` of `{URL}` is a link to `../a/b`, out of the tree (leave it out: `.exclude(\"/a/fine\")`)"
        ),
        format!("fatal: `a/null` of `{URL}` is a device (leave it out: `.exclude(\"/a/null\")`)"),
        format!(
            "fatal: `a/root` of `{URL}` is a link to `/`, out of the tree (leave it out: `.exclude(\"/a/root\")`)"
        ),
    ];
    assert_eq!(found(&workshop, tree.clone()), refused);
    let left = tree.exclude("/a/b").exclude("/a/null").exclude("/a/root");
    assert_eq!(found(&workshop, left), [""; 0]);
}

#[test]
fn two_members_of_one_name_without_their_directories_are_an_error() {
    let both = Tar::new().member(b"a/x", EntryType::Regular, "", 0o644, b"1");
    let (workshop, tree) = with(&both.member(b"b/x", EntryType::Regular, "", 0o644, b"2").end());
    let message = format!("fatal: `a/x` and `b/x` of `{URL}` are both `x` without their first directories");
    assert!(found(&workshop, tree.strip_components(1))[0].starts_with(&message));
}

#[test]
fn an_archive_that_is_none_is_an_error_with_its_place() {
    let (workshop, tree) = with(b"\xfd7zXZ\0");
    let message = format!(
        "fatal: the archive `{URL}` can't be unpacked: it is compressed with xz, and not a tar or a zip"
    );
    assert!(found(&workshop, tree)[0].starts_with(&message));
}

#[test]
fn its_files_are_checked_as_files_of_the_workspace_are() {
    // In two parts, because the scanner reads this program, too.
    let label = "OPENSSH PRIVATE KEY-----";
    let body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB";
    let secret = format!("-----BEGIN {label}\n{body}\n-----END {label}\n");
    let archive = Tar::new().member(b"share/id", EntryType::Regular, "", 0o600, secret.as_bytes());
    let unit = b"[Service]\nExecStart=/usr/bin/no-such\n";
    let archive = archive.member(b"lib/systemd/system/a.service", EntryType::Regular, "", 0o644, unit);
    let (workshop, tree) = with(&archive.end());
    let found = workshop.check(&image(tree));
    let of = |name: &str| found.iter().any(|finding| finding.name == name);
    assert!(of("secret-in-layer"), "{found:#?}");
    assert!(of("exec-missing"), "{found:#?}");
}

#[test]
fn a_unit_of_an_archive_can_be_enabled() {
    let (workshop, tree) = tool();
    let image = Image::new("archive", Base::stand_in())
        .layer(Layer::new("tool").with(tree.strip_components(1).exclude("su")).enable("tool.service"));
    let plan = workshop.planned(&image);
    let is_link = |line: &String| {
        line.starts_with("symlink") && line.contains("/multi-user.target.wants/tool.service ")
    };
    assert!(lines(&plan).iter().any(is_link), "{:#?}", lines(&plan));
}

#[test]
fn a_damaged_file_of_an_archive_is_taken_out_again() {
    let (workshop, tree) = tool();
    let image = image(tree.strip_components(1).only("tool"));
    let digest = Digest::of(b"#!/bin/sh\necho tool\n");
    workshop.build(&image, lapstrake_oci::Compression::Zstd);
    std::fs::write(workshop.cache.blobs().path(&digest), "damaged").unwrap();
    let workshop = workshop.next_process();
    workshop.build(&image, lapstrake_oci::Compression::Zstd);
    assert_eq!(workshop.cache.blobs().read(&digest, 20).unwrap(), b"#!/bin/sh\necho tool\n");
}

#[test]
fn podman_makes_the_same_files_of_the_context() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = equivalence::workshop();
    let digest = Digest::of(ARCHIVE).to_string();
    let tree = || Tree::fetched(URL, digest.clone(), "/usr").strip_components(1);
    let step = Run::new(["/bin/busybox", "sh", "-ec", "/bin/busybox cp /usr/bin/t /usr/bin/copied"]);
    let image = Image::new("archive", Base::stand_in())
        .layer(Layer::new("tool").with(tree()).enable("tool.service"))
        .layer(Layer::new("step").with(step))
        .layer(Layer::new("again").with(tree().only("bin/tool")));
    equivalence::compare(&workshop, &image);
}
