//! Writes a planned layer as a tar. The bytes depend on the layer alone. Parents come before their children
//! and whiteouts before new members, because importers differ on every other order.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use lapstrake::value::ImagePath;

use crate::inputs::LayerInputs;
use crate::plan::{Member, Origin, PlannedLayer};
use lapstrake_oci::tar::TarWriter;
use lapstrake_oci::tree::Kind;

/// Where a layer's removals are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removals {
    /// As whiteouts (OCI image spec, layer.md): for an OCI layer.
    Whiteouts,
    /// Not in the tar: the `RUN` of a Containerfile has removed the paths. The ADD of podman would unpack a
    /// whiteout as a file. Files whose content is a secret are not in the tar either: a `RUN` writes them.
    Elsewhere,
}

/// Writes the layer's members to `out`, and the end of the tar.
pub(crate) fn write_tar(
    layer: &PlannedLayer,
    staged: &LayerInputs,
    removals: Removals,
    out: &mut dyn Write,
) -> io::Result<()> {
    verify_links(layer, staged)?;
    let mut tar = TarWriter::new(out);
    let mut written = BTreeSet::new();
    if removals == Removals::Whiteouts {
        for path in &layer.whiteouts {
            for above in path.ancestors() {
                if let Some(member) = layer.members.get(&above) {
                    write_once(&above, member, staged, &mut written, &mut tar)?;
                }
            }
            tar.whiteout(path)?;
        }
    }
    for (path, member) in needed(layer, removals) {
        write_once(path, member, staged, &mut written, &mut tar)?;
    }
    tar.finish()?;
    Ok(())
}

/// Fails if two names of a file had different bytes when their digests were taken.
fn verify_links(layer: &PlannedLayer, staged: &LayerInputs) -> io::Result<()> {
    let digest = |member: &Member| Some(&staged.get(member.kind.file()?)?.digest);
    for (path, member) in &layer.members {
        let Some(first) = &member.hardlink else { continue };
        if layer.members.get(first).and_then(digest) != digest(member) {
            let message =
                format!("`{path}` and `{first}` changed while the image was built: they were one file");
            return Err(io::Error::other(message));
        }
    }
    Ok(())
}

/// Returns the members to write. Without whiteouts, it leaves out the parents that only whiteouts need.
fn needed(layer: &PlannedLayer, removals: Removals) -> Vec<(&ImagePath, &Member)> {
    if removals == Removals::Whiteouts {
        return layer.members.iter().collect();
    }
    let is_in_context = |member: &Member| !matches!(member.kind, Kind::File(Origin::SecretHash(_)));
    let mut described = layer.described();
    if layer.unseen {
        // ADD creates missing parents, and does not change those that a step created.
        return described.filter(|(_, member)| is_in_context(member)).collect();
    }
    let wanted: BTreeSet<_> =
        described.by_ref().flat_map(|(path, _)| [path.ancestors(), vec![path.clone()]].concat()).collect();
    let members =
        layer.members.iter().filter(|(path, member)| wanted.contains(*path) && is_in_context(member));
    members.collect()
}

fn write_once(
    path: &ImagePath,
    member: &Member,
    staged: &LayerInputs,
    written: &mut BTreeSet<ImagePath>,
    tar: &mut TarWriter<&mut dyn Write>,
) -> io::Result<()> {
    // A member for the root would change the root's metadata.
    if path.is_root() || !written.insert(path.clone()) {
        return Ok(());
    }
    let Kind::File(from) = &member.kind else {
        // Only a file has a size.
        return tar.member(path.relative(), &member.kind.as_ref().map(|_| 0), &member.metadata);
    };
    let file = staged.get(from).ok_or_else(|| io::Error::other(format!("`{path}` was not staged")))?;
    if let Some(first) = &member.hardlink {
        return tar.hardlink(path.relative(), first.relative(), &member.metadata);
    }
    tar.member(path.relative(), &Kind::File(file.size), &member.metadata)?;
    file.read_into(&mut |bytes: &mut dyn Read| tar.content(bytes))
}
