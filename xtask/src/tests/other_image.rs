//! Files of other images, as `COPY --from=IMAGE` takes them: read out of the layers, and the same as podman takes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;
use lapstrake::entry::{EntryKind, File, Tree};
use lapstrake::{Base, BuildStage, Image, Layer};

use super::engine::{Stored, present, run};
use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::engine::EnginePolicy;
use crate::support::explain::Explain as _;

fn image(entries: impl IntoIterator<Item = EntryKind>) -> Image {
    let layer = entries.into_iter().fold(Layer::new("taken"), Layer::with);
    Image::new("other", Base::stand_in()).layer(layer)
}

/// The image that the workshop is built on, as an image of which files are taken.
fn other(workshop: &Workshop) -> BuildStage {
    BuildStage::on(workshop.described_base())
}

#[test]
fn files_and_directories_of_another_image_need_no_engine() {
    let workshop = Workshop::hostile();
    let image = image([
        // `/bin` is a symlink in the other image.
        File::from_stage(other(&workshop), "/bin/hard", "/usr/libexec/hard").into(),
        Tree::from_stage(other(&workshop), "/usr/share/opaque", "/usr/share/taken").into(),
        Tree::from_stage(other(&workshop), "/usr/share/doc", "/usr/share/pages").exclude("index").into(),
    ]);
    let plan = workshop.planned_first(&image);
    assert_eq!(plan.undecided[0].what, "`Tree::from_image(…, \"/usr/share/opaque\", …)`");
    let taken = workshop.stages(&plan, EnginePolicy::Never).unwrap();
    let hard = taken.iter().find(|(compiled, _)| compiled.product.to_string() == "/bin/hard").unwrap().1;
    assert_eq!(fs::read_to_string(hard).unwrap(), "plain\n");
    let planned = workshop.planned(&image);
    let members: Vec<_> = planned.layers[0].described().map(|(path, _)| path.to_string()).collect();
    assert_eq!(
        members,
        [
            "/usr/libexec/hard",
            "/usr/share/pages",
            "/usr/share/pages/deep",
            "/usr/share/pages/deep/page",
            "/usr/share/taken",
            "/usr/share/taken/shown",
        ],
        "what a layer of the other image hides is not taken"
    );
    if present(&["podman", "skopeo"]) {
        equivalence::compare(&workshop, &image);
        let context = fs::read_to_string(workshop.path().join("context/Containerfile")).unwrap();
        assert!(!context.contains("AS stage"), "{context}");
    }
}

/// The names below a directory, with what each is.
fn listed(directory: &Utf8Path) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let what = if metadata.is_dir() {
            left.extend(path.read_dir_utf8().unwrap().map(|entry| entry.unwrap().into_path()));
            "directory".to_owned()
        } else if metadata.is_symlink() {
            format!("-> {}", path.read_link_utf8().unwrap())
        } else {
            let (mode, content) = (metadata.mode() & 0o100, fs::read(&path).unwrap());
            format!("{mode:o} {} {}", metadata.nlink(), content.escape_ascii())
        };
        names.insert(path.strip_prefix(directory).unwrap().to_string(), what);
    }
    names
}

/// podman's storage has the same image. There podman takes the files.
#[test]
fn podman_takes_the_same() {
    if !present(&["podman", "skopeo"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let stored = Stored::named("other");
    let layout = format!("oci:{}:hostile", workshop.path().join("base").display());
    run(
        "skopeo",
        &["copy", "--quiet", &layout, &format!("containers-storage:{}", stored.0)],
        workshop.path(),
    );
    let id = run("podman", &["image", "inspect", "--format", "{{.Id}}", &stored.0], workshop.path());
    let entries = |stage: &BuildStage| {
        let tree = |from: &str, at: &str| EntryKind::from(Tree::from_stage(stage.clone(), from, at));
        image([
            File::from_stage(stage.clone(), "/usr/bin/sh", "/usr/bin/x").into(),
            File::from_stage(stage.clone(), "/bin/hard", "/usr/bin/y").into(),
            tree("/usr/lib", "/usr/share/a"),
            tree("/bin", "/usr/share/b"),
            tree("/usr/share/doc", "/usr/share/c"),
            tree("/etc", "/usr/share/d"),
        ])
    };
    let in_storage = BuildStage::on(Base::containers_storage(&stored.0));
    let native = workshop.stages(&workshop.planned_first(&entries(&other(&workshop))), EnginePolicy::Never);
    let plan = workshop.planned_on_storage(&entries(&in_storage), id.trim());
    let by_podman = workshop.stages(&plan, EnginePolicy::Any).unwrap();
    let native = native.unwrap();
    assert_eq!(native.len(), 6);
    for ((product, native), podman) in native.iter().zip(by_podman.values()) {
        assert_eq!(listed(native), listed(podman), "{}", product.product);
    }
}

#[test]
fn what_another_image_does_not_have_is_an_error_with_what_it_has() {
    let workshop = Workshop::hostile();
    let refused = |entry: EntryKind| {
        let plan = workshop.planned_first(&image([entry]));
        let error = workshop.stages(&plan, EnginePolicy::Never).unwrap_err();
        assert!(error.site.unwrap().file().ends_with("other_image.rs"));
        let message = error.to_string();
        assert!(message.starts_with("files of `oci:") && message.ends_with("` can't be taken"), "{message}");
        (error.error.source().unwrap().to_string(), error.error.help().unwrap_or_default())
    };
    let file = |from: &str| File::from_stage(other(&workshop), from, "/usr/share/x").into();
    let tree = |from: &str| Tree::from_stage(other(&workshop), from, "/usr/share/x").into();
    for (entry, message, help) in [
        (file("/usr/bin/harp"), "the image has no `/usr/bin/harp`", "did you mean `/usr/bin/hard`?"),
        (
            file("/usr/local/bin/hard"),
            "the image has no `/usr/local/bin/hard`",
            "did you mean `/usr/bin/hard`?",
        ),
        (tree("/usr/share/docs"), "the image has no `/usr/share/docs`", "did you mean `/usr/share/doc`?"),
        (file("/usr/share/opaque/hidden"), "the image has no `/usr/share/opaque/hidden`", ""),
        (
            file("/usr/share/doc"),
            "`/usr/share/doc` is a directory of the image, and `File::from_image` takes a file",
            "write `Tree::from_image(…, \"/usr/share/doc\", …)`",
        ),
        (
            tree("/bin/hard"),
            "`/bin/hard` is a file of the image, and its entry takes a directory",
            "write `File::from_image(…, \"/bin/hard\", …)`",
        ),
        (
            tree("/usr/share"),
            "`/usr/share/null` of the image is a device, and no layer can hold one",
            "take the directories beside it, each by an entry",
        ),
    ] {
        assert_eq!(refused(entry), (message.to_owned(), help.to_owned()));
    }
}

#[test]
fn names_of_one_file_stay_names_of_one_file_and_no_program_gets_the_rights_of_its_builder() {
    let workshop = Workshop::on_layout(|layout| {
        let tar = Tar::new().directory("usr").directory("usr/bin");
        let tar = tar.member(b"usr/bin/su", tar::EntryType::Regular, "", 0o4755, b"su");
        let tar = tar.member(b"usr/bin/sudo", tar::EntryType::Link, "usr/bin/su", 0o4755, b"");
        super::hostile::write_layers(layout, [(tar.end(), false)]);
    });
    let image = image([Tree::from_stage(other(&workshop), "/usr/bin", "/usr/libexec").into()]);
    let plan = workshop.planned_first(&image);
    let taken = workshop.stages(&plan, EnginePolicy::Never).unwrap();
    let metadata = fs::metadata(taken.values().next().unwrap().join("su")).unwrap();
    assert_eq!((metadata.mode() & 0o7777, metadata.nlink()), (0o755, 2));
    let plan = workshop.planned(&image);
    let links: Vec<_> = plan.layers[0]
        .described()
        .filter_map(|(path, member)| Some(format!("{path} is {}", member.hardlink.as_ref()?)))
        .collect();
    assert_eq!(links, ["/usr/libexec/sudo is /usr/libexec/su"]);
}

/// An image with a set-user-ID program, one with file capabilities, one that others may not read, and files of an account.
fn with_rights() -> Workshop {
    const OWNED: &[(&str, &[u8])] = &[("uid", b"33"), ("gid", b"34")];
    let capability = lapstrake::value::Capabilities::parse("cap_net_raw=ep").unwrap().to_xattr();
    Workshop::on_layout(|layout| {
        let program =
            |tar: Tar, name: &str, mode| tar.member(name.as_bytes(), tar::EntryType::Regular, "", mode, b"x");
        let tar = Tar::new().directory("etc").directory("usr").directory("usr/bin").directory("srv");
        let tar = program(program(tar, "usr/bin/su", 0o4755), "usr/bin/private", 0o750);
        let tar = program(tar, "usr/bin/plain", 0o755);
        let tar =
            program(tar.pax(&[("SCHILY.xattr.security.capability", &capability)]), "usr/bin/ping", 0o755);
        let tar = tar.pax(OWNED).file("srv/index.html", "x").pax(OWNED).file("srv/style.css", "x");
        super::hostile::write_layers(layout, [(tar.file("srv/robots.txt", "x").end(), false)]);
    })
}

#[test]
fn what_a_file_of_another_image_has_and_an_entry_does_not_take_is_found() {
    let workshop = with_rights();
    let found = |entry: EntryKind| {
        // The second time, the files are those of the first.
        let [first, again] = [0, 1].map(|_| {
            let found = workshop.plan(&image([entry.clone()])).1;
            found
                .into_iter()
                .map(|found| (found.name, found.message, found.help.unwrap()))
                .collect::<Vec<_>>()
        });
        assert_eq!(first, again);
        first
    };
    let file = |from: &str| File::from_stage(other(&workshop), from, "/usr/bin/x");
    let mode = |has: &str, gets: &str, write: &str| {
        let message = format!("`/usr/bin/{has}, and `/usr/bin/x` gets {gets}");
        let help =
            format!("write {write}, or write `.allow(checks::SOURCE_MODE)` if the image does not need it");
        vec![("source-mode", message, help)]
    };
    assert_eq!(found(file("/usr/bin/su").into()), mode("su` has mode 4755", "mode 0755", "`.mode(0o4755)`"));
    assert_eq!(
        found(file("/usr/bin/private").into()),
        mode("private` has mode 0750", "mode 0755", "`.mode(0o750)`")
    );
    let capability = "`.capability(\"cap_net_raw=ep\")`";
    assert_eq!(
        found(file("/usr/bin/ping").into()),
        mode("ping` has the file capabilities cap_net_raw=ep", "none", capability)
    );
    let owner = |message: &str| {
        let help = "write `.owner(\"33:34\")`, or `.owner(\"root\")` if that is right";
        vec![("source-owner", message.to_owned(), help.to_owned())]
    };
    assert_eq!(
        found(file("/srv/index.html").into()),
        owner("`/srv/index.html` belongs to 33:34 in its image, and to root in this one")
    );
    let tree = |from: &str| Tree::from_stage(other(&workshop), from, "/usr/share/x");
    assert_eq!(
        found(tree("/srv").into()),
        owner(
            "`/srv/index.html` belongs to 33:34 in its image, and to root in this one; so does one more file of the tree"
        )
    );
    let [(name, message, help)] = &found(tree("/usr/bin").into())[..] else {
        panic!("one finding of the tree")
    };
    assert_eq!(*name, "source-mode");
    assert_eq!(
        message,
        "`/usr/bin/ping` has the file capabilities cap_net_raw=ep, which a tree does not take; 2 more files of the tree have such"
    );
    assert_eq!(
        help,
        "leave it out by `.exclude(\"ping\")`, and add it by `File::from_image` with `.capability(\"cap_net_raw=ep\")`"
    );

    for near in [
        file("/usr/bin/plain").into(),
        file("/usr/bin/su").mode(0o755).into(),
        file("/usr/bin/su").allow("source-mode").into(),
        file("/usr/bin/ping").capability("cap_net_raw=ep").into(),
        file("/srv/index.html").owner("root").into(),
        tree("/srv").owner("33:34").into(),
        tree("/srv").owner_of("**/*", "root").into(),
        tree("/srv").exclude("*.html").exclude("*.css").into(),
        EntryKind::from(tree("/usr/bin").only("plain")),
    ] {
        assert_eq!(found(near), []);
    }
}
