//! The root filesystem as the layers so far leave it: the base's tree with what was removed and added
//! on top. It answers questions; what a layer may do is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::Site;
use lapstrake::value::ImagePath;

use super::{Content, Inode, Member};
use crate::base::{BaseIndex, Kind, Node, ResolveError, follow};

/// A tree of inodes: the base, overlaid.
#[derive(Clone)]
pub(super) struct Merged<'a> {
    base: &'a BaseIndex,
    over: BTreeMap<ImagePath, Over>,
}

/// What a layer of this image did to a path.
#[derive(Clone)]
enum Over {
    Removed,
    Added { member: Member, layer: usize, hides_base: bool },
}

/// What stands at a path.
pub(super) struct Found<'a> {
    pub(super) inode: Inode,
    pub(super) kind: Kind<'a>,
    /// The layer of this image that put it there, and where it was described; none for the base.
    pub(super) from: Option<(usize, Option<Site>)>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(base: &'a BaseIndex) -> Self {
        Self { base, over: BTreeMap::new() }
    }

    /// What stands at exactly that path; no symlink is followed.
    pub(super) fn get(&self, path: &ImagePath) -> Option<Found<'_>> {
        match self.over.get(path) {
            Some(Over::Removed) => None,
            Some(Over::Added { member, layer, .. }) => {
                let kind = match &member.content {
                    Content::Directory => Kind::Directory,
                    Content::Symlink { target } => Kind::Symlink(target),
                    Content::File { .. } => Kind::Other,
                };
                Some(Found { inode: member.inode, kind, from: Some((*layer, member.site)) })
            }
            None if self.hides_base(path) => None,
            None => self.base.get(path).map(found),
        }
    }

    /// The names in a directory.
    pub(super) fn children(&self, directory: &ImagePath) -> BTreeSet<ImagePath> {
        let is_child = |path: &ImagePath| path.parent().as_ref() == Some(directory);
        let below = self.base.children(directory).map(|(path, _)| path.clone());
        let over = self.over.keys().filter(|path| is_child(path)).cloned();
        below.chain(over).filter(|path| self.get(path).is_some()).collect()
    }

    /// The path with every symlink among its parents followed, as a process in the image would follow
    /// them. Its last component is not followed; components that are missing are taken as written.
    pub(super) fn resolve(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        follow(path, false, |path| self.get(path).map(|found| found.kind))
    }

    /// As [`resolve`](Self::resolve), the last component followed too.
    pub(super) fn resolve_all(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        follow(path, true, |path| self.get(path).map(|found| found.kind))
    }

    /// Takes a path and all below it away.
    pub(super) fn remove(&mut self, path: &ImagePath) {
        self.over.retain(|known, _| !known.starts_with(path));
        self.over.insert(path.clone(), Over::Removed);
    }

    /// Puts a member of a layer in its place.
    pub(super) fn add(&mut self, path: ImagePath, member: Member, layer: usize) {
        let was_directory = matches!(self.get(&path).map(|found| found.kind), Some(Kind::Directory));
        let keeps = was_directory && member.content == Content::Directory;
        if !keeps {
            self.over.retain(|known, _| known == &path || !known.starts_with(&path));
        }
        let hides_base = match self.over.get(&path) {
            Some(Over::Removed) => true,
            Some(Over::Added { hides_base, .. }) => *hides_base || !keeps,
            None => !keeps,
        };
        self.over.insert(path, Over::Added { member, layer, hides_base });
    }

    fn hides_base(&self, path: &ImagePath) -> bool {
        path.ancestors().iter().any(|above| match self.over.get(above) {
            Some(Over::Removed) => true,
            Some(Over::Added { hides_base, .. }) => *hides_base,
            None => false,
        })
    }
}

fn found(node: &Node) -> Found<'_> {
    let inode = Inode { mode: node.mode, uid: node.uid, gid: node.gid, capabilities: None };
    Found { inode, kind: node.kind.as_step(), from: None }
}
