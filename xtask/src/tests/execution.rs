//! What an image states for its containers: the native config is the one that podman makes of the emitted context, and
//! a warning says that bootc ignores it.

use lapstrake::{Base, Image, Layer};
use serde_json::json;

use super::engine::present;
use super::equivalence::compare;
use super::workshop::Workshop;
use crate::finding::Severity;

fn image(name: &str) -> Image {
    Image::new(name, Base::stand_in()).layer(Layer::new("app").text("1\n", "/etc/app.conf"))
}

#[test]
fn podman_makes_the_same_config() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    let name = |number: usize| format!("stated-{number}");
    let all = |image: Image| {
        image
            .env("LANG", "de_DE.UTF-8")
            .env("QUOTED", "a \"b\" $HOME \\ 'c' é")
            .env("EMPTY", "")
            .workdir("/usr/lib/a name with spaces")
            .user("33:www")
            .entrypoint(["/usr/bin/app", "a\nb", "$HOME"])
            .cmd(["--port", "8000"])
            .stop_signal("SIGTERM")
    };
    let images = [
        all(image(&name(0))),
        // The base has a CMD, which a new ENTRYPOINT drops, and an ENTRYPOINT, which a new CMD leaves.
        image(&name(1)).entrypoint(["/usr/bin/app"]),
        image(&name(2)).cmd(["a"]),
        image(&name(3)).entrypoint(Vec::<String>::new()),
        image(&name(4)).cmd(Vec::<String>::new()).user("0"),
        image(&name(5)).env("LANG", "C").env("A", "1").env("LANG", "D").env("PATH", "/x"),
        // What a step runs as is root's, and the user of the image is the stated one.
        image(&name(6)).layer(Layer::new("less").remove("/usr/share/doc")).user("app"),
    ];
    for image in images {
        compare(&workshop, &image);
    }
    let without_path = Workshop::hostile_with(&json!({ "Env": ["A=1"], "Cmd": null, "Entrypoint": null }));
    compare(&without_path, &image("stated-without-path").env("B", "2").cmd(["a"]));
}

#[test]
fn what_bootc_ignores_is_reported_once_and_can_be_accepted() {
    let workshop = Workshop::hostile();
    let found = |image: &Image| -> Vec<_> {
        let (_, findings) = workshop.plan(image);
        findings.into_iter().filter(|finding| finding.name == "container-config").collect()
    };
    let stated = image("ignored").env("PORT", "8000").user("app").cmd(["a"]);
    let findings = found(&stated);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.message, "bootc ignores ENV, USER, CMD of an image: only its containers have it");
    assert!(finding.help.as_ref().unwrap().contains("Conf::environment(\"NAME\", [\"PORT=8000\"])"));
    assert_eq!(finding.site.unwrap().file(), file!());
    assert!(found(&stated.allow("container-config")).is_empty());
    assert!(found(&image("nothing")).is_empty());
}

#[test]
fn containers_start_only_in_a_directory_of_the_image() {
    let workshop = Workshop::hostile();
    let fatal = |image: &Image| -> Vec<_> {
        let (_, findings) = workshop.plan(image);
        findings.into_iter().filter(|finding| finding.severity == Severity::Fatal).collect()
    };
    for path in ["/srv/none", "/usr/share/plain", "/etc/app.conf"] {
        let findings = fatal(&image("nowhere").workdir(path));
        let [finding] = findings.as_slice() else { panic!("{path}: {findings:#?}") };
        assert_eq!((finding.name, finding.path.as_ref().unwrap().as_str()), ("workdir-missing", path));
    }
    for path in ["/", "/usr/bin", "/bin"] {
        assert_eq!(fatal(&image("somewhere").workdir(path)), [], "{path}");
    }
    let own = Layer::new("own").dir("/usr/share/own");
    assert_eq!(fatal(&image("own").layer(own).workdir("/usr/share/own")), []);
}
