//! Which names a layer hides from the layers below. Never an opaque whiteout: importers disagree on
//! them, so a directory that is removed and comes back is emptied name by name.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::value::ImagePath;

use super::merged::Merged;
use super::{Content, Member};
use crate::base::Kind;

/// The whiteouts that make `removals` of what `below` has true in a layer with these members.
pub(super) fn whiteouts<'a>(
    removals: impl IntoIterator<Item = &'a ImagePath>,
    members: &BTreeMap<ImagePath, Member>,
    below: &Merged<'_>,
) -> BTreeSet<ImagePath> {
    let mut out = BTreeSet::new();
    for path in removals {
        hide(path, members, below, &mut out);
    }
    out
}

fn hide(
    path: &ImagePath,
    members: &BTreeMap<ImagePath, Member>,
    below: &Merged<'_>,
    out: &mut BTreeSet<ImagePath>,
) {
    let Some(found) = below.get(path) else { return };
    let comes_back = members.get(path).map(|member| member.content == Content::Directory);
    match (comes_back, found.kind) {
        // The new directory takes the old one's place, its content goes one by one.
        (Some(true), Kind::Directory) => {
            for child in below.children(path) {
                hide(&child, members, below, out);
            }
        }
        // A new inode over one that is no directory hides it by itself.
        (Some(_), Kind::Symlink(_) | Kind::Other) => {}
        _ => {
            out.insert(path.clone());
        }
    }
}
