//! One description, two builders: what this crate writes natively and what podman makes of the emitted
//! context is the same root filesystem, with the same config.

use lapstrake::entry::{Dir, Edit, File, Run, Symlink, Tree};
use lapstrake::{Base, Image, Layer};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use super::engine::{Stored, present, run};
use super::workshop::Workshop;
use super::{described, hostile, merged_tree};
use lapstrake_oci::{Compression, Digest};

/// The least number of random descriptions of a run.
const CASES: u32 = 64;
/// The number of those in which something runs, too.
const RUNNING: u32 = 6;

/// What of the config must agree.
const CONFIG: [&str; 8] =
    ["Env", "Cmd", "Entrypoint", "User", "WorkingDir", "StopSignal", "Labels", "ExposedPorts"];

pub(super) fn compare(workshop: &Workshop, image: &Image) {
    compare_with(workshop, image, &[]);
}

/// The same, with more arguments for `podman build`.
pub(super) fn compare_with(workshop: &Workshop, image: &Image, arguments: &[&str]) {
    let name = image.name.get().unwrap().to_string();
    let native = Stored::named(&format!("native-{name}"));
    let podman = Stored::named(&format!("podman-{name}"));
    workshop.build(image, Compression::Zstd);
    let to = format!("containers-storage:{}", native.0);
    run("skopeo", &["copy", "--quiet", &workshop.reference(&name), &to], workshop.path());
    let context = workshop.workspace.root.join("context");
    workshop.emit(image, &context);
    let build = ["build", "--quiet", "--no-cache", "--tag", &podman.0];
    run("podman", &[&build[..], arguments, &["."]].concat(), context.as_std_path());
    let left = merged_tree::walk(native.mount().as_ref());
    let right = merged_tree::walk(podman.mount().as_ref());
    merged_tree::assert_equal(&left, &right, "native (left) and podman (right)");
    assert_configs(&native.config(), &podman.config());
}

fn assert_configs(native: &Value, podman: &Value) {
    for field in ["Architecture", "Os"] {
        assert_eq!(native[field], podman[field], "{field}");
    }
    for field in CONFIG {
        let [native, mut podman] = [native, podman].map(|image| image["Config"][field].clone());
        if let Some(labels) = podman.as_object_mut() {
            labels.remove("io.buildah.version");
        }
        assert_eq!(native, podman, "{field}");
    }
}

/// A workshop with the sources that random descriptions name.
pub(super) fn workshop() -> Workshop {
    let workshop = Workshop::on_layout(|layout| {
        hostile::write_with_layer(layout, described::system::tar());
    });
    for (name, content) in described::sources() {
        workshop.source(name, content);
    }
    workshop.cache.blobs().put(described::DOWNLOADED).unwrap();
    workshop.cache.blobs().put(described::ARCHIVE).unwrap();
    for (name, other) in described::LINKS {
        std::fs::hard_link(workshop.path().join(name), workshop.path().join(other)).unwrap();
    }
    workshop
}

#[test]
fn random_descriptions_are_built_alike_by_podman() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let cases = std::cell::Cell::new(0);
    let mut runner = runner(CASES);
    let strategy = (described::layers(), described::labels(), described::execution());
    let result = runner.run(&strategy, |(layers, labels, stated)| {
        let image = described::image("random", &layers, &labels, |image| workshop.accepts(image));
        if image.layers.is_empty() {
            return Err(TestCaseError::reject("nothing legal in it"));
        }
        let image = described::stated(image, &stated, |image| workshop.accepts(image));
        compare(&workshop, &image);
        cases.set(cases.get() + 1);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
    assert!(cases.get() >= CASES, "only {} descriptions were compared", cases.get());
}

pub(super) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, max_shrink_iters: 12, failure_persistence: None, ..Config::default() })
}

/// The lowest layer changes the policy, the kernel's modules and its initramfs, and the others are as random as without it.
#[test]
fn random_descriptions_in_which_something_runs_are_built_alike_by_podman() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let cases = std::cell::Cell::new(0);
    let kernel = proptest::option::of(described::system::kernel());
    let strategy = (kernel, described::system::running(), described::layers());
    let result = runner(RUNNING).run(&strategy, |(kernel, running, layers)| {
        let image = described::image("running", &layers, &[], |image| workshop.accepts(image));
        let accepts = |image: &Image| workshop.accepts(image);
        let Some(image) = described::system::below(&image, kernel, &running, accepts) else {
            return Err(TestCaseError::reject("nothing legal runs in it"));
        };
        compare(&workshop, &image);
        cases.set(cases.get() + 1);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
    assert!(cases.get() >= RUNNING, "only {} descriptions were compared", cases.get());
}

#[test]
fn a_description_with_everything_is_built_alike_by_podman() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    compare(&workshop, &everything());
}

/// podman keeps the extended attributes of users of a directory in which a layer or a step puts a file, and of a file.
#[test]
fn extended_attributes_of_the_base_stay() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let named = |name: &str| Image::new(name, Base::stand_in());
    let into = || Layer::new("into").text("new\n", "/srv/shared/new");
    let again = Layer::new("again").with(Dir::new("/srv/shared").mode(0o2750).owner("33:998"));
    let step =
        Run::new(["/bin/busybox", "sh", "-ec", "mv /usr/share/noted /usr/share/moved; touch /srv/shared/x"]);
    let step = || Layer::new("step").with(step.clone());
    for image in [
        named("xattrs").layer(into()),
        named("xattrs-stated").layer(again),
        named("xattrs-step").layer(step()),
        named("xattrs-all").layer(step()).layer(into()),
    ] {
        compare(&workshop, &image);
        let native = Stored::named("xattrs");
        let to = format!("containers-storage:{}", native.0);
        run(
            "skopeo",
            &["copy", "--quiet", &workshop.reference(image.name.get().unwrap().as_str()), &to],
            workshop.path(),
        );
        let tree = merged_tree::walk(native.mount().as_ref());
        assert_eq!(tree["srv/shared"].xattrs["user.note"], b"shared by=all");
    }
}

#[test]
fn buildah_builds_the_same_tree_as_podman() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let workshop = workshop();
    let context = workshop.workspace.root.join("context");
    workshop.emit(&everything(), &context);
    let trees = ["podman", "buildah"].map(|engine| {
        let image = Stored::named(&format!("by-{engine}"));
        run(engine, &["build", "--quiet", "--no-cache", "--tag", &image.0, "."], context.as_std_path());
        merged_tree::walk(image.mount().as_ref())
    });
    merged_tree::assert_equal(&trees[0], &trees[1], "podman and buildah");
}

/// An image with everything in it that an engine could get wrong.
pub(super) fn everything() -> Image {
    Image::new("everything", Base::stand_in())
        .version("1.2.3")
        .label("org.example.text", "two words, \"quotes\", $HOME, \\ and é")
        .layer(
            Layer::new("removals")
                .remove("/usr/share/doc")
                .remove("/etc/new\nline")
                .text("comes back\n", "/usr/share/doc/deep/fresh")
                .text("through a symlink\n", "/opt/app/data"),
        )
        .layer(
            Layer::new("files")
                .with(
                    File::text("# not a comment\n", "/usr/bin/#tool")
                        .mode(0o4755)
                        .capability("cap_net_raw=ep"),
                )
                .with(File::text("big id\n", "/etc/-rf").owner((3_000_000, 4_294_967_294)))
                .with(Dir::new("/srv/private/new").mode(0o2750).owner("33:998"))
                .with(Edit::of("/usr/lib/a name with spaces/file").replace("set", "reset").append("é"))
                .with(Symlink::to("tool\" $x", "/usr/bin/li\nnk"))
                .with(Tree::new("deploy/tree", "/usr/share/brand new").mode(0o600))
                .with(
                    Tree::fetched(
                        "https://files.example/tool",
                        Digest::of(described::ARCHIVE).to_string(),
                        "/opt/tool",
                    )
                    .strip_components(1)
                    .owner_of("lib", "33:998"),
                )
                .text("long\n", format!("/usr/share/{}/{}", "d".repeat(120), "é".repeat(100))),
        )
        .layer(
            Layer::new("copies")
                .copy("/usr/share/brand new", "/usr/lib/brand new")
                .copy("/bin/sh", "/usr/libexec/sh")
                .copy("/usr/share/plain", "/usr/libexec/plain")
                .rename("/usr/lib/a name with spaces", "/usr/lib/named")
                .rename("/usr/share/noted", "/opt/noted")
                .text("in its place\n", "/usr/lib/a name with spaces/new"),
        )
        .layer(Layer::new("removed-again").remove("/usr/share/brand new/sub"))
}
