//! The rule of modes: of the mode of a source, an image has only whether its owner may execute it, because git keeps no
//! more. Of a file that a stage or another image has, it takes no more either. This finds the sources that have more, so
//! that nothing of them is lost in silence.

use camino::Utf8Path;
use lapstrake::Site;
use lapstrake::entry::Attributes;
use lapstrake::value::{Capabilities, ImagePath, Mode};

use crate::finding::Finding;
use crate::project::assets::SourceFile;

/// What a source has and its file in the image does not.
struct Unkept<'a> {
    mode: Option<Mode>,
    /// As the kernel keeps them.
    capabilities: Option<&'a [u8]>,
}

/// Something that a source has, and what to write so that the image has it.
struct Words {
    has: String,
    write: String,
}

/// Returns a finding for a source that has more than its file at `path`, which is written with the mode `taken`. A source
/// of a stage can't be changed on this machine.
pub(super) fn of_file(
    asset: &Utf8Path,
    file: &SourceFile,
    attributes: &Attributes,
    (path, taken): (&ImagePath, Mode),
    is_of_stage: bool,
    site: Site,
) -> Option<Finding> {
    let unkept = Unkept::of(file, attributes)?;
    let is_of_mode = unkept.mode.is_some();
    let Words { has, write } = unkept.words();
    let message = format!(
        "`{asset}` has {has}, and `{path}` gets {}",
        if is_of_mode { format!("mode {taken}") } else { "none".to_owned() }
    );
    let undo = match (is_of_stage, is_of_mode) {
        (true, _) => "write `.allow(checks::SOURCE_MODE)`".to_owned(),
        (false, true) => format!("run `chmod {taken} {asset}`"),
        (false, false) => format!("run `setcap -r {asset}`"),
    };
    let help = format!("write {write}, or {undo} if the image does not need it");
    Some(Finding::warning("source-mode", site, message).at(path).help(help))
}

/// Returns a finding for the files of a tree that have more than those in the image. `method` is the one of `File` that
/// takes one of them.
pub(super) fn of_tree<'a>(
    (asset, method): (&Utf8Path, &str),
    files: impl Iterator<Item = (&'a str, &'a SourceFile)>,
    attributes: &Attributes,
    site: Site,
) -> Option<Finding> {
    let mut unkept = files.filter_map(|(name, file)| Some((name, Unkept::of(file, attributes)?)));
    let (name, first) = unkept.next()?;
    let Words { has, write } = first.words();
    let mut message = format!("`{asset}/{name}` has {has}, which a tree does not take");
    match unkept.count() {
        0 => {}
        1 => message += "; one more file of the tree has such",
        more => message += &format!("; {more} more files of the tree have such"),
    }
    let help = match (first.mode, first.capabilities) {
        (Some(mode), None) => format!("write `.mode_of({name:?}, 0o{:03o})`", mode.bits()),
        _ => format!("leave it out by `.exclude({name:?})`, and add it by `File::{method}` with {write}"),
    };
    Some(Finding::warning("source-mode", site, message).help(help))
}

/// Returns a finding for files of another image that do not belong to root there. `named` is the path that the description
/// names, and each file has its path below it.
pub(super) fn of_owners<'a>(
    named: &Utf8Path,
    files: impl Iterator<Item = (&'a str, &'a SourceFile)>,
    attributes: &Attributes,
    site: Site,
) -> Option<Finding> {
    if attributes.owner.is_some() {
        return None;
    }
    let mut owned = files.filter_map(|(name, file)| Some((name, file.owner?)));
    let (name, (uid, gid)) = owned.next()?;
    let path = if name.is_empty() { named.to_owned() } else { named.join(name) };
    let mut message = format!("`{path}` belongs to {uid}:{gid} in its image, and to root in this one");
    match owned.count() {
        0 => {}
        1 => message += "; so does one more file of the tree",
        more => message += &format!("; so do {more} more files of the tree"),
    }
    let help = format!("write `.owner(\"{uid}:{gid}\")`, or `.owner(\"root\")` if that is right");
    Some(Finding::note("source-owner", site, message).help(help))
}

impl<'a> Unkept<'a> {
    fn of(file: &'a SourceFile, attributes: &Attributes) -> Option<Self> {
        let mode = file.special_mode.filter(|_| attributes.mode.is_none());
        let capabilities = file.capabilities.as_deref().filter(|_| attributes.capabilities.is_none());
        (mode.is_some() || capabilities.is_some()).then_some(Self { mode, capabilities })
    }

    fn words(&self) -> Words {
        let mut has: Vec<String> = self.mode.iter().map(|mode| format!("mode {mode}")).collect();
        let mut write: Vec<String> =
            self.mode.iter().map(|mode| format!("`.mode(0o{:03o})`", mode.bits())).collect();
        if let Some(value) = self.capabilities {
            // Those of a user namespace have another encoding.
            let capabilities = Capabilities::from_xattr(value);
            let named = capabilities.map_or_else(|| "NAME=ep".to_owned(), |known| known.to_string());
            let known = capabilities.map(|known| format!(" {known}")).unwrap_or_default();
            has.push(format!("the file capabilities{known}"));
            write.push(format!("`.capability({named:?})`"));
        }
        Words { has: has.join(" and "), write: write.join(" and ") }
    }
}
