//! What a quadlet is in an image: its file, the link by which bootc pulls its container image, and the service where podman's
//! generator does not run at boot.

use lapstrake::entry::{EntryKind, Quadlet, Unit};
use lapstrake::value::{ImagePath, Mode};
use lapstrake::{Layer, Site};
use lapstrake_oci::tree::{Kind, Metadata};

use super::place::Placer;
use super::resolve::Resolver;
use super::site::site_or;
use super::step::PlannedRun;
use crate::base::File;
use crate::finding::Finding;

/// The directory of bootc's links.
const BOUND: &str = "/usr/lib/bootc/bound-images.d";
/// The kinds that name the image that they run.
const BINDABLE: [&str; 2] = ["container", "image"];

/// podman's generator, and what masks it: the first of a name wins (systemd.generator(7)).
const GENERATOR: &str = "/usr/lib/systemd/system-generators/podman-system-generator";
const MASKS: [&str; 2] = [
    "/etc/systemd/system-generators/podman-system-generator",
    "/usr/local/lib/systemd/system-generators/podman-system-generator",
];

impl Resolver<'_> {
    /// Returns the step that makes services of the quadlets, if the layer adds one and the base masks the generator that makes
    /// them at boot. It is the base's own generator, so that a service is of its podman.
    pub(super) fn pregenerated_services(&mut self, layer: &Layer) -> Option<PlannedRun> {
        let entry = layer.entries.iter().find(|entry| matches!(entry.kind, EntryKind::Quadlet(_)))?;
        let site = site_or(entry.site, layer.site);
        if !MASKS.iter().any(|mask| self.is_mask(mask)) {
            return None;
        }
        if self.has(GENERATOR) {
            return Some(PlannedRun::of([GENERATOR, "-no-kmsg-log", "-v", Unit::DIRECTORY], site));
        }
        // Packages may bring it. Without it, `quadlet-generator` finds the quadlet.
        self.is_undecided("the service of a quadlet".to_owned(), site);
        None
    }

    /// Whether a path is a link to /dev/null or an empty file.
    fn is_mask(&self, path: &str) -> bool {
        let path = ImagePath::parse(path).expect("it is the path of a file");
        let path = self.merged.resolve(&path).unwrap_or(path);
        self.merged.get(&path).is_some_and(|found| match &found.node.kind {
            Kind::File(File::Read(facts)) => facts.size == 0,
            kind => kind.target() == Some("/dev/null"),
        })
    }
}

impl Placer<'_, '_, '_> {
    /// Puts a quadlet in the layer.
    pub(super) fn quadlet(&mut self, quadlet: &Quadlet, site: Site) {
        let Some(name) = self.valid(&quadlet.name) else { return };
        let path = quadlet.destination().expect("the name of a quadlet is a part of a path");
        if quadlet.is_bound && !BINDABLE.contains(&name.kind()) {
            let message = format!("`{name}` is bound, and bootc binds only a `.container` or an `.image`");
            let help = "leave `.bound()` out, or bind the `.image` that it uses";
            self.findings.push(Finding::fatal("bound-kind", site, message).at(&path).help(help));
            return;
        }
        self.source_file(&quadlet.source, path.clone(), &quadlet.attributes, Some(Mode::FILE), site);
        if quadlet.is_bound {
            let link = ImagePath::parse(&format!("{BOUND}/{name}"));
            let link = link.expect("the name of a quadlet is a part of a path");
            self.put(link, Kind::symlink(path.to_string()), Metadata::of_root(Mode::SYMLINK), site);
        }
    }
}
