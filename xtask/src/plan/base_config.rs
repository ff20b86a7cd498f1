//! What `podman build` makes of the config of a base, so that a native image and the emitted context agree: it runs the
//! triggers of ONBUILD, restores the paths of VOLUME after each RUN, and makes missing directories.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::value::ImagePath;
use lapstrake::{Image, Site, TransportRef};

use super::Removal;
use super::destination::Members;
use crate::base::{Base, File};
use crate::finding::Finding;
use lapstrake_oci::tree::Tree;

/// The checks that find nothing in a directory which the config of the base asks for.
const ACCEPTED: [&str; 7] = [
    "nonempty-boot",
    "nonempty-run-tmp",
    "refused-destination",
    "selinux-label",
    "top-level",
    "var-log",
    "var-tmpfiles",
];

/// Returns a finding if `podman build` runs something of the base first.
pub(super) fn triggers(image: &Image, base: &Base) -> Option<Finding> {
    let triggers = base.triggers();
    let (first, more) = triggers.split_first()?;
    let mut message = format!("the base has `ONBUILD {}`", first.escape_debug());
    match more {
        [] => {}
        [one] => message += &format!(" and `ONBUILD {}`", one.escape_debug()),
        several => message += &format!(" and {} more of that kind", several.len()),
    }
    message += ", which `podman build` would run first and a native build can't run";
    let run = "build an image in which it has run, and take that as the base";
    let help = match &base.location {
        TransportRef::Registry(reference) | TransportRef::ContainersStorage(reference) => {
            format!("{run}: `echo FROM {reference} | podman build -t localhost/base -`")
        }
        TransportRef::Oci { .. } | TransportRef::OciArchive { .. } | TransportRef::StandIn => run.to_owned(),
    };
    Some(Finding::fatal("base-onbuild", image.base.site(), message).help(help))
}

/// Returns findings for removals that `podman build` would undo.
pub(super) fn removals_in_volumes(
    removals: &BTreeMap<ImagePath, Removal>,
    base: &Base,
    below: &Tree<File>,
) -> Vec<Finding> {
    let volumes: BTreeSet<_> =
        base.volumes().into_iter().map(|path| below.follow(&path).unwrap_or(path)).collect();
    let finding = |(path, removal): (&ImagePath, &Removal)| {
        let volume = volumes.iter().find(|volume| is_in(path, volume) || is_in(volume, path))?;
        let message = format!(
            "`{path}` can't be removed: `{volume}` is a VOLUME of the base, and `podman build` keeps what it has"
        );
        let help = format!(
            "remove it on the device: `.tmpfiles(\"NAME\", [\"R {path}\"])`, or take a base without the VOLUME"
        );
        Some(Finding::fatal("volume-removal", removal.site, message).at(path).help(help))
    };
    removals.iter().filter_map(finding).collect()
}

/// Puts the directories that `podman build` makes where they are missing in the members of a layer.
pub(super) fn put_directories(base: &Base, members: &mut Members<'_>, site: Site) {
    members.allowed = ACCEPTED.map(|name| (name.to_owned(), site)).into();
    for path in base.volumes().into_iter().chain(base.working_directory()) {
        members.put_missing_directory(&path, site);
    }
    members.allowed.clear();
}

fn is_in(path: &ImagePath, directory: &ImagePath) -> bool {
    path == directory || path.ancestors().contains(directory)
}
