//! Copies and moves of what is below, as `cp -a` and `mv` make them.

use lapstrake::entry::{File, Run};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::Compression;

use super::engine::{Stored, present, run};
use super::equivalence;
use super::merged_tree::{self, Seen};
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::Finding;

fn image(layer: Layer) -> Image {
    Image::new("copied", Base::stand_in()).layer(layer)
}

fn fault(workshop: &Workshop, layer: Layer) -> Finding {
    let (_, found) = workshop.plan(&image(layer));
    found.into_iter().next().expect("there is a fault")
}

/// The root filesystem of an image that is built natively.
fn built(workshop: &Workshop, image: &Image) -> std::collections::BTreeMap<String, Seen> {
    workshop.build(image, Compression::Zstd);
    let name = image.name.get().unwrap().as_str();
    let stored = Stored::named(name);
    let to = format!("containers-storage:{}", stored.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference(name), &to], workshop.path());
    merged_tree::walk(stored.mount().as_ref())
}

#[test]
fn a_rename_is_the_file_with_everything_at_its_new_path() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let layer = Layer::new("l").rename("/usr/share/noted", "/etc/noted").rename("/bin/sh", "/usr/bin/shell");
    let tree = built(&workshop, &image(layer));
    assert_eq!(tree["etc/noted"].xattrs["user.note"], b"noted");
    assert!(!tree.contains_key("usr/share/noted") && !tree.contains_key("usr/bin/sh"));
    assert!(tree.contains_key("usr/bin/shell"));
}

/// The whole content of the base's busybox is in no memory of the plan: it is taken out of the layer.
#[test]
fn a_copy_of_a_copy_and_of_a_layer_below_is_the_same_as_by_podman() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let image = Image::new("copied-twice", Base::stand_in())
        .layer(Layer::new("one").copy("/usr/bin/busybox", "/usr/libexec/box").text("x\n", "/usr/share/x"))
        .layer(
            Layer::new("two")
                .copy("/usr/libexec/box", "/usr/libexec/again")
                .copy("/usr/share/doc", "/usr/lib/share"),
        )
        .layer(
            Layer::new("three")
                .rename("/usr/lib/share", "/usr/lib/moved")
                .rename("/usr/libexec/again", "/usr/box"),
        );
    equivalence::compare(&workshop, &image);
}

/// What a step makes is copied once the step has run.
#[test]
fn a_file_that_a_step_makes_is_copied_after_it() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let script = "cd /usr/share/doc; echo made > made; ln made again; echo more >> /usr/share/x";
    let steps = Layer::new("steps").with(File::text("x\n", "/usr/share/x").mode(0o600)).with(Run::new([
        "/bin/busybox",
        "sh",
        "-ec",
        script,
    ]));
    let app = Layer::new("app").copy("/usr/share/doc", "/usr/lib/share").rename("/usr/share/x", "/usr/lib/x");
    let image = Image::new("copied-step", Base::stand_in()).layer(steps).layer(app);
    equivalence::compare(&workshop, &image);
    let error = workshop.emit_first(&image, &workshop.workspace.root.join("other")).unwrap_err();
    assert!(error.to_string().starts_with("`.copy(\"/usr/share/doc\", …)`"), "{error}");
}

#[test]
fn a_source_that_is_nowhere_is_an_error_with_the_near_one() {
    let found = fault(&Workshop::hostile(), Layer::new("l").copy("/usr/share/plan", "/usr/share/x"));
    assert_eq!(found.name, "copy-missing");
    assert_eq!(found.message, "nothing to copy: neither the base nor a layer below has `/usr/share/plan`");
    assert_eq!(found.help.as_deref(), Some("did you mean `/usr/share/plain`?"));
    assert_eq!(found.site.unwrap().file(), file!());
}

#[test]
fn a_source_that_the_same_layer_removes_is_an_error() {
    let layer = Layer::new("l").remove("/usr/share/doc").rename("/usr/share/doc/index", "/usr/share/index");
    let found = fault(&Workshop::hostile(), layer);
    assert_eq!(found.message, "nothing to rename: this layer removes `/usr/share/doc/index`");
}

#[test]
fn a_directory_does_not_go_into_itself() {
    for layer in [
        Layer::new("l").rename("/usr/share", "/usr/share/old"),
        Layer::new("l").copy("/opt", "/opt"),
        Layer::new("l").copy("/", "/usr/all"),
    ] {
        assert_eq!(fault(&Workshop::hostile(), layer).name, "copy-into-itself");
    }
}

#[test]
fn names_of_one_file_stay_one_file() {
    let tar =
        Tar::new().directory("etc").directory("etc/two").file("etc/two/a", "1\n").file("etc/two/same", "1\n");
    let tar = tar.member(b"etc/two/b", tar::EntryType::Link, "etc/two/a", 0o644, b"");
    let workshop = Workshop::on_stand_in_and(tar.end());
    let image = Image::new("links", Base::stand_in())
        .layer(Layer::new("one").copy("/etc/two", "/usr/two"))
        .layer(Layer::new("two").copy("/usr/two", "/usr/three"));
    let plan = workshop.planned(&image);
    for layer in &plan.layers {
        let links = layer.members.iter().filter_map(|(path, member)| Some((path, member.hardlink.as_ref()?)));
        let links: Vec<_> = links.map(|(path, first)| (path.file_name(), first.file_name())).collect();
        assert_eq!(links, [("b", "a")], "in layer {}", layer.name);
    }
}

#[test]
fn a_device_is_not_copied() {
    let found = fault(&Workshop::hostile(), Layer::new("l").copy("/usr/share/null", "/usr/share/other"));
    assert_eq!(
        (found.name, found.message.contains("`/usr/share/null` is a device")),
        ("copied-device", true)
    );
}

#[test]
fn one_path_is_not_moved_twice() {
    let layer = Layer::new("l").rename("/usr/share/plain", "/usr/a").rename("/usr/share/plain", "/usr/b");
    let found = fault(&Workshop::hostile(), layer);
    assert_eq!(found.message, "`/usr/share/plain` is moved twice in a layer");
}

/// An edit, and a move of what an edit made, see the text through the copies.
#[test]
fn a_copy_can_be_edited_in_the_layer_above() {
    let tar = Tar::new().directory("etc").file("etc/chrony.conf", "pool a\n");
    let workshop = Workshop::on_stand_in_and(tar.end());
    let edit = lapstrake::entry::Edit::of("/usr/share/chrony.conf").replace("pool", "server");
    let image = Image::new("edited", Base::stand_in())
        .layer(Layer::new("one").copy("/etc/chrony.conf", "/usr/share/chrony.conf"))
        .layer(Layer::new("two").with(edit));
    let plan = workshop.planned(&image);
    let (_, member) = plan.layers[1].described().next().unwrap();
    let crate::plan::Origin::Text(text) = member.kind.file().unwrap() else { panic!("{member:?}") };
    assert_eq!(text, "server a\n");
}

/// The names of a file stay one file, and the blob that a copy is taken into is checked when it is read.
#[test]
fn a_copy_of_damaged_bytes_is_not_believed() {
    let workshop = Workshop::hostile();
    let image = image(Layer::new("l").copy("/usr/bin/busybox", "/usr/libexec/box"));
    workshop.build(&image, Compression::Zstd);
    let plan = workshop.planned(&image);
    let file = plan.layers[0].read_files().next().unwrap();
    let path = workshop.cache.blobs().path(&file.facts.digest);
    std::fs::write(&path, "other").unwrap();
    let workshop = workshop.next_process();
    assert!(std::fs::metadata(&path).is_ok_and(|found| found.len() == 5));
    workshop.staged(&plan);
    assert!(std::fs::metadata(&path).unwrap().len() > 5, "it is taken out of the layer again");
}
