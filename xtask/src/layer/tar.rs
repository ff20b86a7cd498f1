//! A planned layer as a tar, byte for byte the same wherever it is written. Parents come before their
//! children and whiteouts before anything new, for importers differ on every other order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use lapstrake::value::{ImagePath, Mode};

use crate::inputs::Inputs;
use crate::plan::{Member, PlannedLayer};
use lapstrake_oci::tar;
use lapstrake_oci::tree::{Kind, Metadata};

/// How a layer's removals are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removals {
    /// As whiteouts (OCI image spec, layer.md): for an OCI layer.
    Whiteouts,
    /// Not at all: for a Containerfile, whose `RUN` has removed them. podman's ADD takes a whiteout for
    /// a file.
    Elsewhere,
}

/// Writes the layer's members, and the end of the archive.
pub(crate) fn write_tar(
    layer: &PlannedLayer,
    staged: &Inputs,
    removals: Removals,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut written = BTreeSet::new();
    if removals == Removals::Whiteouts {
        for path in &layer.whiteouts {
            for above in path.ancestors() {
                if let Some(member) = layer.members.get(&above) {
                    write_once(&above, member, staged, &mut written, out)?;
                }
            }
            write_whiteout(path, out)?;
        }
    }
    for (path, member) in needed(layer, removals) {
        write_once(path, member, staged, &mut written, out)?;
    }
    tar::end(out)
}

/// The members to write: without whiteouts, the parents that only they need are left out too.
fn needed(layer: &PlannedLayer, removals: Removals) -> BTreeMap<&ImagePath, &Member> {
    if removals == Removals::Whiteouts {
        return layer.members.iter().collect();
    }
    let mut described = layer.described();
    if layer.unseen {
        // ADD makes parents that are missing, and leaves those that a step made as they are.
        return described.collect();
    }
    let wanted: BTreeSet<_> =
        described.by_ref().flat_map(|(path, _)| [path.ancestors(), vec![path.clone()]].concat()).collect();
    layer.members.iter().filter(|(path, _)| wanted.contains(*path)).collect()
}

fn write_once(
    path: &ImagePath,
    member: &Member,
    staged: &Inputs,
    written: &mut BTreeSet<ImagePath>,
    out: &mut dyn Write,
) -> io::Result<()> {
    // The root is every layer's; to state it would be to change it.
    if path.is_root() || !written.insert(path.clone()) {
        return Ok(());
    }
    let Kind::File(from) = &member.kind else {
        // Only a file has a size.
        return tar::write_header(out, path.relative(), &member.kind.as_ref().map(|_| 0), &member.metadata);
    };
    let file = staged.get(from).ok_or_else(|| io::Error::other(format!("`{path}` was not staged")))?;
    tar::write_header(out, path.relative(), &Kind::File(file.size), &member.metadata)?;
    file.read_into(&mut |bytes: &mut dyn Read| {
        let copied = io::copy(bytes, out)?;
        if copied != file.size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(())
    })?;
    tar::pad(out, file.size)
}

/// Writes the whiteout of a path.
pub(crate) fn write_whiteout(path: &ImagePath, out: &mut dyn Write) -> io::Result<()> {
    let parent = path.parent().unwrap_or_else(ImagePath::root);
    let separator = if parent.is_root() { "" } else { "/" };
    let name = format!("{}{separator}.wh.{}", parent.relative(), path.file_name());
    tar::write_header(out, &name, &Kind::File(0), &Metadata::of_root(Mode::FILE))
}
