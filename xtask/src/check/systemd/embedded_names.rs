//! The container images that are inside of an image, by the names that they have in podman's storage.

use lapstrake::entry::Unit;
use lapstrake::systemd::UnitFile;
use lapstrake::value::Reference;

use crate::check::Tree;

/// Returns the names, as the services that copy the images state them.
pub(super) fn embedded_names(tree: &Tree<'_>) -> Vec<Reference> {
    let services = tree.children(Unit::DIRECTORY);
    let services = services.into_iter().filter(|node| node.path().file_name().starts_with("embedded-"));
    let name = |text: &str| {
        let file = UnitFile::parse(text);
        let command = file.values("Service", "ExecStart").last()?;
        let (_, name) = command.rsplit_once(" containers-storage:")?;
        Reference::parse(name).ok()
    };
    services.filter_map(|node| name(node.text()?)).collect()
}
