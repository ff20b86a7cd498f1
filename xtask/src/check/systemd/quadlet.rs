//! `quadlet-key`, `quadlet-source` and `quadlet-image`: what podman's generator refuses in a quadlet, and images that
//! change under it.

use lapstrake::Span;
use lapstrake::suggest::nearest;
use lapstrake::systemd::{Assignment, UnitFile};
use lapstrake::value::Reference;

use super::embedded_names::embedded_names;
use super::quadlet_generator::DIRECTORIES;
use super::quadlet_keys::Kind;
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const KEY: Check = Check::fatal(
    "quadlet-key",
    "podman's generator makes no service of a quadlet with an unknown key, or without a needed key",
    keys,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").quadlet(Quadlet::text("app.container", "[Container]\nImg=registry.example/app:1\n"))"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/lib/systemd/system-generators/podman-system-generator").mode(0o755))
    .quadlet(Quadlet::text("data.volume", "[Volume]\nVolumeName=data\n"))"##,
});

pub(super) const SOURCE: Check = Check::fatal(
    "quadlet-source",
    "podman's generator makes no service of a quadlet that names another quadlet which does not exist",
    sources,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").quadlet(Quadlet::text("app.container", "[Container]\nImage=app.image\n"))"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/lib/systemd/system-generators/podman-system-generator").mode(0o755))
    .quadlet(Quadlet::text("app.container", "[Container]\nImage=app.image\n"))
    .quadlet(Quadlet::text(
        "app.image",
        "[Image]\nImage=registry.example/app@sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6\n",
    ))"##,
});

pub(super) const IMAGE: Check = Check::warning(
    "quadlet-image",
    "a tag may lead to another container image tomorrow, and then two devices with one OS image differ",
    images,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/lib/systemd/system-generators/podman-system-generator").mode(0o755))
    .quadlet(Quadlet::text("app.container", "[Container]\nImage=registry.example/app:1\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/lib/systemd/system-generators/podman-system-generator").mode(0o755))
    .quadlet(Quadlet::text(
        "app.container",
        "[Container]\nImage=registry.example/app@sha256:5d20c808ce198565ff70b3ed23a991dd49afac45dece63474b27ce6ed036adc6\n",
    ))"##,
});

/// The sections that every quadlet may have.
const SECTIONS: [&str; 4] = ["Unit", "Service", "Install", "Quadlet"];
/// The keys that may name another quadlet, and the suffixes of that.
const NAMING: [(&str, &[&str]); 4] = [
    ("Image", &[".image", ".build"]),
    ("Network", &[".network", ".container"]),
    ("Pod", &[".pod"]),
    ("Volume", &[".volume"]),
];

/// A quadlet that a layer brings.
pub(super) struct Quadlet<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: &'static Kind,
    pub(super) file: UnitFile,
}

impl Quadlet<'_> {
    /// Returns a fault at the last assignment to a key, or in the file.
    fn fault_at_key(&self, key: &str, message: &str) -> Fault {
        let sections = self.file.sections().iter().filter(|section| section.name == self.kind.section);
        match sections.flat_map(|section| &section.assignments).rfind(|assignment| assignment.key == key) {
            Some(assignment) => self.fault_at(&assignment.key_at, message),
            None => self.fault(message),
        }
    }

    /// Returns a fault at the value of the last assignment to a key that the quadlet has.
    pub(super) fn fault_at_value(&self, key: &str, message: &str) -> Fault {
        match self.file.assigned(self.kind.section, key).last() {
            Some(assignment) => self.fault_at(&assignment.value_at, message),
            None => self.fault(message),
        }
    }

    fn fault_at(&self, span: &Span, message: &str) -> Fault {
        Fault::at_span(&self.node, span, self.named(message))
    }

    fn fault(&self, message: &str) -> Fault {
        Fault::at(&self.node, self.named(message))
    }

    /// Returns a message that names the quadlet.
    fn named(&self, message: &str) -> String {
        format!("`{}`: {message}", self.node.path())
    }
}

/// Returns the quadlets that the layers bring, of the kinds whose keys are known.
pub(super) fn quadlets<'a>(subject: &Subject<'a>) -> Vec<Quadlet<'a>> {
    let nodes = DIRECTORIES.iter().flat_map(|directory| subject.tree().below(directory));
    let quadlet = |node: Node<'a>| {
        let kind = Kind::of(node.path().file_name())?;
        let text = node.site().and(node.text())?;
        Some(Quadlet { node, kind, file: UnitFile::parse(text) })
    };
    nodes.filter_map(quadlet).collect()
}

fn keys(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for quadlet in quadlets(subject) {
        let Quadlet { kind, node, file, .. } = &quadlet;
        for section in file.sections() {
            let name = section.name.as_str();
            if name == kind.section {
                faults.extend(section.assignments.iter().filter_map(|it| unknown_key(&quadlet, it)));
            } else if !SECTIONS.contains(&name) && !name.starts_with("X-") {
                let message = format!("neither podman nor systemd reads the section `[{name}]` there");
                let near = nearest(name, SECTIONS.into_iter().chain([kind.section]));
                let help =
                    near.map_or(format!("write `[{}]`", kind.section), |near| format!("write `[{near}]`"));
                faults.push(quadlet.fault_at(&section.at, &message).help(help));
            }
        }
        let has = |key: &&&str| file.values(kind.section, key).next().is_some();
        // A drop-in may state it.
        let drop_ins = [format!("{}.d", node.path()), format!("{}/{}.d", DIRECTORIES[0], kind.suffix)];
        let may_have_more = drop_ins.iter().any(|directory| subject.tree().get(directory).is_some());
        let needed = kind.needs.iter().filter(has).count();
        if let (Some(first), 0, false) = (kind.needs.first(), needed, may_have_more) {
            let message = format!("`[{}]` has no `{}=`", kind.section, kind.needs.join("=` and no `"));
            let own = file.sections().iter().find(|section| section.name == kind.section);
            let fault =
                own.map_or_else(|| quadlet.fault(&message), |own| quadlet.fault_at(&own.at, &message));
            faults.push(fault.help(format!("add `{first}=…` to `[{}]`", kind.section)));
        } else if needed > 1 {
            let message = format!("`[{}]` has both `{}=`", kind.section, kind.needs.join("=` and `"));
            let key = kind.needs.last().copied().unwrap_or_default();
            faults.push(quadlet.fault_at_key(key, &message).help("leave one of them out"));
        }
    }
    faults
}

/// Returns the fault of a key that podman does not know. A key that is like none of them may be of a newer podman.
fn unknown_key(quadlet: &Quadlet<'_>, assignment: &Assignment) -> Option<Fault> {
    let (kind, key) = (quadlet.kind, assignment.key.as_str());
    if kind.keys().any(|known| known == key) {
        return None;
    }
    let same = kind.keys().find(|known| known.eq_ignore_ascii_case(key));
    let message = format!("podman 5.8 has no `{key}=` in `[{}]`", kind.section);
    let fault = quadlet.fault_at(&assignment.key_at, &message);
    Some(match same.or_else(|| nearest(key, kind.keys())) {
        Some(near) if same.is_some() => {
            fault.help(format!("write `{near}=`")).replaced(&quadlet.node, &assignment.key_at, near)
        }
        Some(near) => fault.help(format!("did you mean `{near}=`?")),
        None => fault
            .help("take it out, or write the option as `PodmanArgs=`")
            .as_warning("a newer podman may have it"),
    })
}

fn sources(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for quadlet in quadlets(subject) {
        for (key, suffixes) in NAMING {
            for assignment in quadlet.file.assigned(quadlet.kind.section, key) {
                let value = assignment.value.as_str();
                // What follows is the options of a network, or where a volume is mounted.
                let name = value.split(':').next().unwrap_or_default();
                let is_named = suffixes.iter().any(|suffix| name.ends_with(suffix));
                if !is_named || name.contains(['/', '%']) || has_quadlet(subject.tree(), name) {
                    continue;
                }
                let message = format!("`{key}={value}` names a quadlet that the image does not have");
                let help = format!("add it: `.quadlet(\"{name}\")`");
                faults.push(quadlet.fault_at(&assignment.value_at, &message).help(help));
            }
        }
    }
    faults
}

fn has_quadlet(tree: &Tree<'_>, name: &str) -> bool {
    DIRECTORIES.iter().any(|directory| tree.below(directory).any(|node| node.path().file_name() == name))
}

fn images(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let embedded: Vec<_> = embedded_names(subject.tree()).iter().map(Reference::to_string).collect();
    for quadlet in quadlets(subject) {
        let Quadlet { kind, node, file, .. } = &quadlet;
        let Some(image) = file.values(kind.section, "Image").last() else { continue };
        let is_other_quadlet =
            image.rsplit_once('.').is_some_and(|(_, end)| ["image", "build"].contains(&end));
        let is_computed = image.contains(['$', '%']);
        // Who asks podman to follow the tag means that.
        let follows = file.values(kind.section, "AutoUpdate").last().is_some();
        // The lockfile pins an embedded image.
        let is_embedded = embedded.iter().any(|name| name == image);
        if image.contains("@sha256:")
            || is_embedded
            || is_other_quadlet
            || is_computed
            || follows
            || is_bound(subject, node)
        {
            continue;
        }
        let message = format!("`Image={image}` is not pinned");
        let fault = quadlet.fault_at_key("Image", &message);
        faults.push(fault.help(format!("pin it: `Image={image}@sha256:…`, or write `AutoUpdate=registry`")));
    }
    faults
}

/// Whether bootc pulls it with the image; then `bound-image` looks at it.
fn is_bound(subject: &Subject<'_>, node: &Node<'_>) -> bool {
    let links = subject.tree().children("/usr/lib/bootc/bound-images.d");
    links.into_iter().any(|link| link.target() == Some(node.path().as_str()))
}
