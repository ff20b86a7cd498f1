//! Every layer keeps to the safe tar profile: what ostree's and composefs' importers both take. GNU tar
//! lists the members; what it prints is held against the rules.

use std::collections::BTreeSet;

use lapstrake::entry::{Dir, File, Tree};
use lapstrake::{Base, Image, Layer};

use super::engine::{present, run};
use super::workshop::Workshop;
use crate::layer::{Removals, write_tar};
use lapstrake_oci::Compression;

fn image() -> Image {
    Image::new("profile", Base::stand_in())
        .layer(
            Layer::new("one")
                .remove("/usr/share/doc")
                .remove("/etc/hostname")
                .text("back\n", "/usr/share/doc/deep/back")
                .text("data\n", "/opt/app/data")
                .symlink("busybox", "/bin/alias")
                .text("shared\n", "/srv/shared/file"),
        )
        .layer(
            Layer::new("two")
                .with(File::text("x\n", "/usr/bin/x").mode(0o4755).capability("cap_net_raw=ep"))
                .with(Dir::new("/srv/private/new").mode(0o2750).owner("33:998"))
                .text("long\n", format!("/usr/share/{}", "n".repeat(150))),
        )
}

/// A member as `tar --list --verbose` prints it.
struct Listed {
    mode: String,
    owner: String,
    time: String,
    name: String,
}

fn list(tar: &str) -> Vec<Listed> {
    let text = run(
        "tar",
        &[
            "--list",
            "--verbose",
            "--numeric-owner",
            "--utc",
            "--full-time",
            "--quoting-style=escape",
            "--file",
            tar,
        ],
        "/".as_ref(),
    );
    let member = |line: &str| {
        let mut fields = line.split_whitespace();
        let mut next = || fields.next().unwrap().to_owned();
        let (mode, owner, _, date, time) = (next(), next(), next(), next(), next());
        let name = fields.collect::<Vec<_>>().join(" ");
        Listed { mode, owner, time: format!("{date} {time}"), name }
    };
    text.lines().map(member).collect()
}

/// The layers of the image, each as GNU tar lists it.
fn layers() -> Vec<Vec<Listed>> {
    let workshop = Workshop::hostile();
    let built = workshop.build(&image(), Compression::None);
    let own = built.layers.iter().filter(|layer| layer.name.is_some());
    let blobs = workshop.store.layout.root().join("blobs/sha256");
    own.map(|layer| list(blobs.join(layer.digest.strip_prefix("sha256:").unwrap()).as_str())).collect()
}

#[test]
fn parents_come_first_with_the_metadata_that_the_base_has() {
    if !present(&["tar"]) {
        return;
    }
    for layer in layers() {
        let mut directories = BTreeSet::new();
        for member in &layer {
            let name = member.name.split(" -> ").next().unwrap();
            if let Some((parent, _)) = name.trim_end_matches('/').rsplit_once('/') {
                assert!(directories.contains(parent), "`{name}` comes before `{parent}`");
            }
            if let Some(directory) = name.strip_suffix('/') {
                assert!(directories.insert(directory.to_owned()), "`{name}` stands twice");
            }
        }
    }
    let layers = layers();
    let find = |layer: usize, name: &str| {
        let member = layers[layer].iter().find(|member| member.name == name);
        member.map(|member| (member.mode.as_str(), member.owner.as_str()))
    };
    assert_eq!(find(0, "srv/shared/"), Some(("drwxrws---", "33/33")));
    assert_eq!(find(1, "srv/private/"), Some(("drwxr-x---", "0/998")));
    assert_eq!(find(1, "usr/bin/x"), Some(("-rwsr-xr-x", "0/0")));
}

#[test]
fn no_path_leads_through_a_symlink_of_the_base() {
    if !present(&["tar"]) {
        return;
    }
    let names: Vec<_> = layers().into_iter().flatten().map(|member| member.name).collect();
    for name in &names {
        assert!(!["opt", "bin", "home"].iter().any(|link| name.starts_with(&format!("{link}/"))), "{name}");
    }
    for name in ["var/opt/app/data", "usr/bin/alias -> busybox"] {
        assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
    }
}

#[test]
fn whiteouts_come_before_what_is_new_and_none_is_opaque() {
    if !present(&["tar"]) {
        return;
    }
    let layers = layers();
    let names: Vec<_> = layers[0].iter().map(|member| member.name.as_str()).collect();
    let is_whiteout = |name: &str| name.rsplit('/').next().is_some_and(|last| last.starts_with(".wh."));
    let last_whiteout = names.iter().rposition(|name| is_whiteout(name)).unwrap();
    let first_new = names.iter().position(|name| !name.ends_with('/') && !is_whiteout(name)).unwrap();
    assert!(last_whiteout < first_new, "{names:?}");
    // The directory comes back, so each name that it held is hidden by itself.
    let whiteouts: Vec<_> = names.into_iter().filter(|name| is_whiteout(name)).collect();
    assert_eq!(whiteouts, ["etc/.wh.hostname", "usr/share/doc/deep/.wh.page", "usr/share/doc/.wh.index"]);
}

/// Names of one file in a tree are one body in the tar, its first name before the others (ostree and composefs take no
/// other order), and files that are only equal stay apart: somebody may edit one of them in /etc.
#[test]
fn names_of_one_file_in_a_tree_are_hardlinks_to_the_first() {
    let workshop = Workshop::hostile();
    let body = vec![b'x'; 1 << 20];
    for name in ["tree/m/first", "tree/equal"] {
        workshop.source(name, &body);
    }
    for name in ["tree/z", "tree/m/second", "tree/a"] {
        std::fs::hard_link(workshop.path().join("tree/m/first"), workshop.path().join(name)).unwrap();
    }
    let image = Image::new("linked", Base::stand_in())
        .layer(Layer::new("all").with(Tree::new("tree", "/usr/share/all").mode(0o4755)))
        .layer(Layer::new("some").with(Tree::new("tree", "/usr/share/some").exclude("a").exclude("equal")))
        .layer(Layer::new("apart").file("tree/a", "/usr/share/a").file("tree/z", "/usr/share/z"));
    let plan = workshop.planned(&image);
    let links = |number: usize| {
        let members = plan.layers[number].members.iter();
        let linked =
            members.filter_map(|(path, member)| Some((path.as_str(), member.hardlink.as_ref()?.as_str())));
        linked.collect::<Vec<_>>()
    };
    let all = "/usr/share/all/a";
    assert_eq!(
        links(0),
        ["m/first", "m/second", "z"]
            .map(|name| format!("/usr/share/all/{name}"))
            .each_ref()
            .map(|name| (name.as_str(), all))
    );
    let some = "/usr/share/some/m/first";
    assert_eq!(links(1), [("/usr/share/some/m/second", some), ("/usr/share/some/z", some)]);
    assert_eq!(links(2), []);
    let rendered = crate::plan::render_layers(&plan);
    assert!(rendered.contains("(hardlink to /usr/share/all/a)"), "{rendered}");
    let built = workshop.build(&image, Compression::None);
    let own: Vec<_> =
        built.layers.iter().filter(|layer| layer.name.is_some()).map(|layer| layer.size >> 20).collect();
    assert_eq!(own, [2, 1, 2], "MiB");
}

#[test]
fn names_that_stop_being_one_file_after_the_plan_are_an_error() {
    let workshop = Workshop::hostile();
    workshop.source("tree/a", b"one\n");
    std::fs::hard_link(workshop.path().join("tree/a"), workshop.path().join("tree/b")).unwrap();
    let image = Image::new("parted", Base::stand_in())
        .layer(Layer::new("all").with(Tree::new("tree", "/usr/share/all")));
    let plan = workshop.planned(&image);
    let write = || {
        let staged = workshop.staged(&plan);
        write_tar(
            &plan.layers[0],
            staged.layer(&plan.layers[0].name),
            Removals::Whiteouts,
            &mut std::io::sink(),
        )
    };
    write().unwrap();
    std::fs::remove_file(workshop.path().join("tree/b")).unwrap();
    workshop.source("tree/b", b"two\n");
    let error = write().unwrap_err().to_string();
    assert!(error.contains("`/usr/share/all/b` and `/usr/share/all/a` changed"), "{error}");
}

#[test]
fn no_time_but_the_beginning_stands_in_a_layer() {
    if !present(&["tar"]) {
        return;
    }
    for member in layers().into_iter().flatten() {
        assert_eq!(member.time, "1970-01-01 00:00:00", "{}", member.name);
    }
}
