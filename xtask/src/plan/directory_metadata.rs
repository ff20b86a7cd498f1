//! Directories that have another mode or owner after a layer, where bootc's ostree importer keeps the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::{Metadata, Tree};

use super::{Member, PlannedLayer, Removal};
use crate::base::File;
use crate::finding::{Blame, Finding};

/// Returns findings for directories that a layer removes and makes again: of what is below, whiteouts hide the
/// content alone.
pub(super) fn remade_directories(
    below: &Tree<File>,
    removals: &BTreeMap<ImagePath, Removal>,
    members: &BTreeMap<ImagePath, Member>,
) -> Vec<Finding> {
    let remade = members.iter().filter_map(|(path, member)| {
        let removed = [path.clone()].into_iter().chain(path.ancestors());
        let removal = removed.into_iter().find_map(|path| removals.get(&path))?;
        let was = below.get(path).filter(|was| was.node.kind.is_directory())?.node;
        let (was, now) = (&was.metadata, &member.metadata);
        (member.kind.is_directory() && was != now).then(|| {
            let change = change(was, now);
            let message = format!("the directory `{path}` is removed and made again, {change}");
            Finding::warning("directory-metadata", member.site.unwrap_or(removal.site), message).at(path)
        })
    });
    remade.collect()
}

/// Returns findings for directories whose mode or owner a step changed.
pub(super) fn changed_directories(
    before: &Tree<File>,
    now: &Tree<File>,
    planned: &[Arc<PlannedLayer>],
) -> Vec<Finding> {
    let Some(layer) = planned.iter().rfind(|layer| layer.needs_engine()) else { return Vec::new() };
    let is_stated = |path: &ImagePath| {
        let members = planned.iter().filter_map(|layer| layer.members.get(path));
        members.into_iter().any(|member| member.site.is_some())
    };
    let directories = before.walk().filter(|(_, was)| was.node.kind.is_directory());
    let changed = directories.filter_map(|(path, was)| {
        let (was, now) = (was.node, now.get(&path)?.node);
        let is_changed = now.kind.is_directory() && was.metadata != now.metadata && !is_stated(&path);
        is_changed.then(|| {
            let change = change(&was.metadata, &now.metadata);
            let message = format!("a step changes the directory `{path}` {change}");
            let finding = Finding::warning("directory-metadata", layer.step_site(), message).at(&path);
            Finding { blame: Some(Blame::Layer(layer.name.clone())), ..finding }
        })
    });
    changed.collect()
}

fn change(was: &Metadata, now: &Metadata) -> String {
    let xattrs = if was.xattrs == now.xattrs { "" } else { " and other extended attributes" };
    format!(
        "from mode {} and owner {}:{} to mode {} and owner {}:{}{xattrs}; bootc's ostree importer keeps the first",
        was.mode, was.uid, was.gid, now.mode, now.uid, now.gid
    )
}
