//! The unit files that an image brings, by any kind of entry: enabling reads their
//! `[Install]` sections before a layer is planned.

use lapstrake::Image;
use lapstrake::entry::{EntryKind, Source, Tree};
use lapstrake::value::{Asset, ImagePath};
use lapstrake_oci::Digest;

use super::Fetched;
use super::archive::{ArchiveMember, Archives};
use super::enablement::OwnUnits;
use crate::base::BaseIndex;
use crate::project::assets::{Scanned, Sources};

/// Every unit file and quadlet that the image brings, by any kind of entry.
pub(super) fn own_units(
    image: &Image,
    (sources, archives): (&Sources, &Archives),
    base: &BaseIndex,
) -> OwnUnits {
    let mut units = OwnUnits::new();
    let text = |source: &Source| match source {
        Source::Text(text) => Some(text.clone()),
        Source::BuildStage(..) | Source::Fetched(..) => None,
        Source::Asset(asset) => file_text(asset, sources),
    };
    for entry in image.layers.iter().flat_map(|layer| &layer.entries) {
        match &entry.kind {
            EntryKind::Unit(unit) => {
                units.extend(unit.destination().ok().zip(text(&unit.source)));
            }
            EntryKind::Quadlet(quadlet) => {
                units.extend(quadlet.destination().ok().zip(text(&quadlet.source)));
            }
            EntryKind::File(file) => units.extend(file.at.get().ok().cloned().zip(text(&file.source))),
            EntryKind::Tree(tree) => {
                units.extend(archived(tree, archives));
                let (Ok(root), Source::Asset(asset)) = (tree.at.get(), &tree.source) else { continue };
                let Some(Ok(Scanned::Directory(members))) = sources.get(asset) else { continue };
                units.extend(
                    members
                        .iter()
                        .filter(|(name, _)| tree.takes(name))
                        .filter_map(|(name, member)| root.join(name).ok().zip(member.file()?.text.clone())),
                );
            }
            _ => {}
        }
    }
    // Where the file ends up, for that is where systemd finds it.
    units.into_iter().map(|(path, text)| (base.tree().resolve(&path).unwrap_or(path), text)).collect()
}

/// Returns the unit files of an archive that was read, and its other small texts.
fn archived(tree: &Tree, archives: &Archives) -> Vec<(ImagePath, String)> {
    let (Ok(root), Source::Fetched(url, digest)) = (tree.at.get(), &tree.source) else { return Vec::new() };
    let (Ok(url), Ok(digest)) = (url.get(), digest.get()) else { return Vec::new() };
    let digest = Digest::parse(digest.as_str()).expect("both parsers take the same digests");
    let archive = archives.known(&Fetched { url: url.to_string(), digest });
    let Some(Ok(archive)) = archive else { return Vec::new() };
    let text = |(name, member): (&String, &ArchiveMember)| match member {
        ArchiveMember::File(file) => {
            let name = tree.name_of(name).filter(|name| tree.takes(name))?;
            Some((root.join(name).ok()?, file.text.as_deref()?.to_owned()))
        }
        ArchiveMember::Directory { .. } | ArchiveMember::Symlink { .. } | ArchiveMember::Special { .. } => {
            None
        }
    };
    archive.members.iter().filter_map(text).collect()
}

fn file_text(asset: &Asset, sources: &Sources) -> Option<String> {
    match sources.get(asset) {
        Some(Ok(Scanned::File(file))) => file.text.clone(),
        _ => None,
    }
}
