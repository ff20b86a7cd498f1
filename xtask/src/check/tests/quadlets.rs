//! Quadlets: what podman's generator refuses, and what bootc binds. A fault and a near miss of each.

use lapstrake::entry::{Quadlet, Unit};

use super::*;

const DIGEST: &str = "sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6";

/// The findings of that name in these quadlets.
fn of_quadlets(name: &str, quadlets: &[(&str, &str)]) -> Vec<Finding> {
    let layer = quadlets
        .iter()
        .fold(Layer::new("q"), |layer, (name, text)| layer.quadlet(Quadlet::text(*name, *text)));
    found(name, Tar::new(), layer)
}

#[test]
fn a_key_that_podman_does_not_know_is_found_at_its_line() {
    let wrong = "[Container]\nImage=registry.example/app:1\n# Enviroment=\nEnviroment=A=1\n";
    let findings = of_quadlets("quadlet-key", &[("app.container", wrong)]);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding.severity, Severity::Fatal);
    assert_eq!(
        finding.message,
        "`/usr/share/containers/systemd/app.container`: podman 5.8 has no `Enviroment=` in `[Container]` (line 4)"
    );
    assert_eq!(finding.help.as_deref(), Some("did you mean `Environment=`?"));
    for (name, text, severity) in [
        ("a.container", "[Containr]\nImage=x\n", Severity::Fatal),
        ("a.container", "[Container]\nExec=x\n", Severity::Fatal),
        ("a.container", "[Container]\nImage=x\nRootfs=/x\n", Severity::Fatal),
        ("a.container", "[Container]\nimage=x\nRootfs=/x\n", Severity::Fatal),
        ("a.kube", "[Kube]\nYml=a.yaml\n", Severity::Fatal),
        ("a.volume", "[Volume]\nZZZZZZ=1\n", Severity::Warning),
    ] {
        let findings = of_quadlets("quadlet-key", &[(name, text)]);
        assert!(findings.iter().any(|finding| finding.severity == severity), "{text}: {findings:#?}");
    }
    for (name, text) in [
        (
            "a.container",
            "[Unit]\nAfter=x.service\n[Container]\nImage=x\n[Install]\nWantedBy=default.target\n",
        ),
        (
            "a.container",
            "[Container]\nRootfs=/x\n[X-Fleet]\nAny=thing\n[Quadlet]\nDefaultDependencies=false\n",
        ),
        ("a.network", "[Network]\n"),
        ("a.pod", ""),
        ("a.artifact", "[Artifact]\nAnything=1\n"),
    ] {
        assert_eq!(of_quadlets("quadlet-key", &[(name, text)]), [], "{text}");
    }
}

#[test]
fn a_quadlet_names_quadlets_of_the_image() {
    let container = |line: &str| format!("[Container]\nImage=registry.example/app:1\n{line}\n");
    for line in [
        "Network=web.network",
        "Network=web.network:ip=10.0.0.2",
        "Volume=data.volume:/data:Z",
        "Pod=app.pod",
    ] {
        let text = container(line);
        let findings = of_quadlets("quadlet-source", &[("a.container", &text)]);
        assert_eq!(findings.len(), 1, "{line}: {findings:#?}");
        let all = [
            ("a.container", text.as_str()),
            ("web.network", "[Network]\n"),
            ("data.volume", "[Volume]\n"),
            ("app.pod", "[Pod]\n"),
        ];
        assert_eq!(of_quadlets("quadlet-source", &all), [], "{line}");
    }
    for line in ["Network=host", "Volume=/srv/data.volume:/data", "Volume=data:/data", "Network=%p.network"] {
        assert_eq!(of_quadlets("quadlet-source", &[("a.container", &container(line))]), [], "{line}");
    }
}

#[test]
fn the_image_of_a_quadlet_is_pinned() {
    let container = |lines: &str| vec![("a.container", format!("[Container]\n{lines}\n"))];
    let count = |lines: &str| {
        let quadlets = container(lines);
        let quadlets: Vec<_> = quadlets.iter().map(|(name, text)| (*name, text.as_str())).collect();
        of_quadlets("quadlet-image", &quadlets).len()
    };
    assert_eq!(count("Image=registry.example/app:1"), 1);
    assert_eq!(count("Image=registry.example/app"), 1);
    assert_eq!(count(&format!("Image=registry.example/app@{DIGEST}")), 0);
    assert_eq!(count("Image=registry.example/app:1\nAutoUpdate=registry"), 0);
    assert_eq!(count("Image=app.image"), 0);
    assert_eq!(count("Rootfs=/srv/root"), 0);
}

/// bootc pulls what the links in its directory name.
#[test]
fn a_bound_quadlet_is_linked_for_bootc() {
    let text = format!("[Container]\nImage=registry.example/app@{DIGEST}\n");
    let bound = || Quadlet::text("app.container", text.as_str()).bound();
    assert_eq!(found("bound-image", Tar::new(), Layer::new("q").quadlet(bound())), []);
    let unpinned = Quadlet::text("app.container", "[Container]\nImage=registry.example/app:1\n").bound();
    let layer = Layer::new("q").quadlet(unpinned);
    assert_eq!(found("bound-image", Tar::new(), layer.clone()).len(), 1, "the link is there");
    assert_eq!(found("quadlet-image", Tar::new(), layer), [], "one finding for one mistake");
    let volume = Quadlet::text("data.volume", "[Volume]\n").bound();
    assert_eq!(found("bound-kind", Tar::new(), Layer::new("q").quadlet(volume)).len(), 1);
}

/// The findings of that name, in an image that has `name` inside.
fn with_embedded(check: &str, embedded: &str, path: &str, text: &str) -> Vec<Finding> {
    let service = format!(
        "[Service]\nType=oneshot\nExecStart=/usr/bin/skopeo copy oci:/usr/lib/containers-image-cache/0 containers-storage:{embedded}\n"
    );
    let layer = Layer::new("q").unit(Unit::text("embedded-radio-0.service", service)).text(text, path);
    found(check, Tar::new(), layer)
}

const RADIO: &str = "/usr/share/containers/systemd/radio.container";

#[test]
fn a_quadlet_names_an_embedded_image_as_podman_has_it() {
    let pinned = format!("registry.example/radio@{DIGEST}");
    let tagged = format!("registry.example/radio:2@{DIGEST}");
    for (embedded, image) in [
        ("registry.example/radio:2", "registry.example/radio:2"),
        (&pinned, &pinned),
        (&pinned, &tagged),
        ("registry.example/radio:2", "registry.example/tuner:2"),
        ("registry.example/radio:2", "other.example/radio2:2"),
        ("registry.example/radio:2", "radio.image"),
    ] {
        let text = format!("[Container]\nImage={image}\n");
        assert_eq!(with_embedded("embedded-quadlet", embedded, RADIO, &text), [], "{embedded} {image}");
    }
    let other = "registry.example/radio:1";
    let findings =
        with_embedded("embedded-quadlet", &pinned, RADIO, &format!("[Container]\nImage={other}\n"));
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding.severity, Severity::Fatal);
    assert_eq!(
        finding.message,
        format!("`{RADIO}`: `Image={other}` is not in the image, which has `{pinned}` inside (line 2)")
    );
    let help = format!("write `Image={pinned}`, or add `.embed(\"{other}\")`");
    assert_eq!(finding.help, Some(help));
    let elsewhere = "[Container]\nImage=localhost/radio:2\n";
    let findings = with_embedded("embedded-quadlet", "registry.example/fleet/radio:2", RADIO, elsewhere);
    assert_eq!(findings[0].severity, Severity::Warning);
}

#[test]
fn a_quadlet_of_an_embedded_image_asks_no_registry() {
    let name = "registry.example/radio:2";
    let in_users = "/etc/containers/systemd/users/radio.container";
    let image = "/usr/share/containers/systemd/radio.image";
    for (path, text, severity) in [
        (RADIO, "[Container]\nImage=registry.example/radio:2\nPull=always\n", Severity::Fatal),
        (RADIO, "[Container]\nImage=registry.example/radio:2\nPull=newer\n", Severity::Warning),
        (in_users, "[Container]\nImage=registry.example/radio:2\n", Severity::Fatal),
        (image, "[Image]\nImage=registry.example/radio:2\n", Severity::Fatal),
    ] {
        let findings = with_embedded("embedded-quadlet", name, path, text);
        let [finding] = findings.as_slice() else { panic!("{text}: {findings:#?}") };
        assert_eq!(finding.severity, severity, "{text}");
    }
    for (path, text) in [
        (RADIO, "[Container]\nImage=registry.example/radio:2\nPull=missing\n"),
        (RADIO, "[Container]\nImage=registry.example/radio:2\nPull=never\n"),
        (image, "[Image]\nImage=registry.example/radio:2\nPolicy=missing\n"),
    ] {
        assert_eq!(with_embedded("embedded-quadlet", name, path, text), [], "{text}");
    }
}

/// The lockfile pins it.
#[test]
fn the_tag_of_an_embedded_image_is_not_a_finding() {
    let text = |image: &str| format!("[Container]\nImage={image}\n");
    let name = "registry.example/radio:2";
    assert_eq!(with_embedded("quadlet-image", name, RADIO, &text(name)), []);
    assert_eq!(with_embedded("quadlet-image", name, RADIO, &text("registry.example/tuner:2")).len(), 1);
}

#[test]
fn a_base_without_skopeo_is_found_with_the_package() {
    let text = "[Container]\nImage=registry.example/radio:2\n";
    let findings = with_embedded("exec-missing", "registry.example/radio:2", RADIO, text);
    assert_eq!(findings[0].help.as_deref(), Some("add `.packages([\"skopeo\"])`"));
}
