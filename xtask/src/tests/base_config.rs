//! What the config of a base asks of a build: the native image, the image by an engine and the emitted context agree
//! about it, or the build is refused.

use lapstrake::entry::Run;
use lapstrake::{Base, Image, Layer};
use serde_json::json;

use super::engine::present;
use super::equivalence::compare;
use super::workshop::Workshop;
use crate::finding::{Finding, Severity};

fn image(layers: impl IntoIterator<Item = Layer>) -> Image {
    named("config", layers)
}

/// podman's storage is shared by tests, so that each needs names of its own.
fn named(name: &str, layers: impl IntoIterator<Item = Layer>) -> Image {
    layers.into_iter().fold(Image::new(name, Base::stand_in()), Image::layer)
}

fn app() -> Layer {
    Layer::new("app").text("1\n", "/etc/app.conf")
}

fn sh(script: &str) -> Run {
    Run::new(["/bin/busybox", "sh", "-ec", script])
}

fn found(workshop: &Workshop, image: &Image, name: &str) -> Vec<Finding> {
    let (_, findings) = workshop.plan(image);
    findings.into_iter().filter(|finding| finding.name == name).collect()
}

#[test]
fn a_base_with_onbuild_is_refused_because_only_podman_would_run_it() {
    let base = |triggers: &[&str]| Workshop::hostile_with(&json!({ "OnBuild": triggers }));
    let workshop = base(&["RUN touch /usr/bin/tool"]);
    let findings = found(&workshop, &image([app()]), "base-onbuild");
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding.severity, Severity::Fatal);
    assert!(finding.message.contains("`ONBUILD RUN touch /usr/bin/tool`"), "{}", finding.message);
    assert!(finding.help.as_ref().unwrap().starts_with("build an image in which it has run"));
    let several = found(&base(&["RUN a", "ADD b /b", "RUN c"]), &image([app()]), "base-onbuild");
    assert!(several[0].message.contains("`ONBUILD RUN a` and 2 more of that kind"), "{several:#?}");
    for config in [json!({}), json!({ "OnBuild": null }), json!({ "OnBuild": [] })] {
        let findings = found(&Workshop::hostile_with(&config), &image([app()]), "base-onbuild");
        assert!(findings.is_empty(), "{config}: {findings:#?}");
    }
}

#[test]
fn a_removal_that_podman_would_undo_is_refused() {
    let volumes = json!({ "Volumes": { "/usr/share/doc/": {}, "/home/x": {}, "/usr/lib/missing": {} } });
    let workshop = Workshop::hostile_with(&volumes);
    for path in ["/usr/share/doc", "/usr/share/doc/deep/page"] {
        let findings = found(&workshop, &image([Layer::new("less").remove(path)]), "volume-removal");
        let [finding] = findings.as_slice() else { panic!("{path}: {findings:#?}") };
        assert_eq!(finding.severity, Severity::Fatal);
        assert!(finding.message.contains("`/usr/share/doc` is a VOLUME of the base"), "{}", finding.message);
        assert!(finding.help.as_ref().unwrap().contains(&format!("R {path}")), "{finding:?}");
    }
    // The directory of a VOLUME holds the VOLUME, and a symlink leads to one.
    for (path, volume) in [("/usr/share", "/usr/share/doc"), ("/var/home", "/var/home/x")] {
        let findings = found(&workshop, &image([Layer::new("less").remove(path)]), "volume-removal");
        assert!(findings[0].message.contains(&format!("`{volume}` is a VOLUME")), "{path}: {findings:#?}");
    }
    for path in ["/usr/share/plain", "/usr/share/opaque"] {
        let findings = found(&workshop, &image([Layer::new("less").remove(path)]), "volume-removal");
        assert!(findings.is_empty(), "{path}: {findings:#?}");
    }
}

/// podman makes the working directory of a base before the first instruction, and its volumes before the first RUN.
#[test]
fn directories_that_podman_makes_are_in_every_image() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let volumes = json!({ "/usr/share/doc": {}, "/srv/data/deep": {}, "/home/volume": {} });
    let workshop = Workshop::hostile_with(&json!({ "WorkingDir": "/opt/app/run/", "Volumes": volumes }));
    let in_volume = || Layer::new("in-volume").text("new\n", "/usr/share/doc/new");
    let step = || Layer::new("step").with(sh("echo 1 > /usr/share/step; echo lost > /usr/share/doc/lost"));
    for layers in [
        vec![app()],
        vec![Layer::new("less").remove("/usr/share/plain"), app()],
        vec![in_volume(), step()],
        vec![in_volume().with(sh("rm /usr/share/doc/new /usr/share/doc/index")), app()],
        vec![step(), Layer::new("more").text("1\n", "/srv/data/deep/file")],
    ] {
        compare(&workshop, &named("made-directories", layers));
    }
}

#[test]
fn a_working_directory_that_is_removed_comes_back_as_podman_makes_it() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    for layers in [
        vec![Layer::new("less").remove("/srv/private"), app()],
        vec![app(), Layer::new("less").remove("/srv")],
        vec![Layer::new("less").remove("/srv/private"), Layer::new("step").with(sh("echo 1 > /etc/step"))],
    ] {
        compare(&workshop, &named("removed-directory", layers));
    }
}

/// The description does not ask for such a directory, and the device has it only because podman would make it.
#[test]
fn a_directory_that_the_config_asks_for_is_no_fault_of_the_description() {
    let config = json!({ "WorkingDir": "/opt/app", "Volumes": { "/data": {}, "/var/log/app": {} } });
    let findings = Workshop::hostile_with(&config).check(&image([app()]));
    let checks = ["top-level", "var-tmpfiles", "var-log", "refused-destination"];
    let own: Vec<_> = findings
        .iter()
        .filter(|finding| checks.contains(&finding.name) && finding.message.contains("app"))
        .chain(findings.iter().filter(|finding| finding.message.contains("/data")))
        .collect();
    assert!(own.is_empty(), "{own:#?}");
}
