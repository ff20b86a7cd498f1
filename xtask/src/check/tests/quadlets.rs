//! Quadlets: what podman's generator refuses, and what bootc binds. A fault and a near miss of each.

use lapstrake::entry::Quadlet;

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
