//! What a quadlet is in an image: its file, and the link by which bootc pulls its container image.

use lapstrake::Site;
use lapstrake::entry::Quadlet;
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::{Kind, Metadata};

use super::place::Placer;
use crate::finding::Finding;

/// The directory of bootc's links.
const BOUND: &str = "/usr/lib/bootc/bound-images.d";
/// The kinds that name the image that they run.
const BINDABLE: [&str; 2] = ["container", "image"];

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
