//! The root filesystem as the layers so far leave it: the base's tree with what was removed and added
//! on top. It answers questions; what a layer may do is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::Site;
use lapstrake::value::ImagePath;

use super::{Content, Inode, Member};
use crate::base::{BaseIndex, Node, NodeKind};

/// Linux follows at most 40 symlinks in one path (`path_resolution(7)`).
const MAX_SYMLINKS: usize = 40;

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

/// What kind of inode stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Directory,
    Symlink(&'a str),
    Other,
}

/// A path that can't be resolved.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// More than 40 symlinks: a loop.
    Loop(ImagePath),
    /// A component that is neither a directory nor a symlink to one.
    NotDirectory(ImagePath),
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
    pub(super) fn resolve(&self, path: &ImagePath) -> Result<ImagePath, Unresolved> {
        self.follow(path, false)
    }

    /// As [`resolve`](Self::resolve), the last component followed too.
    pub(super) fn resolve_all(&self, path: &ImagePath) -> Result<ImagePath, Unresolved> {
        self.follow(path, true)
    }

    fn follow(&self, path: &ImagePath, last: bool) -> Result<ImagePath, Unresolved> {
        let mut rest: Vec<String> = path.components().map(str::to_owned).collect();
        rest.reverse();
        let mut at = ImagePath::root();
        let mut symlinks = 0;
        while let Some(component) = rest.pop() {
            match component.as_str() {
                "" | "." => continue,
                // `/..` is `/`.
                ".." => {
                    at = at.parent().unwrap_or(at);
                    continue;
                }
                _ => {}
            }
            // A component of a symlink's target that no image path can hold leads nowhere.
            let Ok(next) = at.join(&component) else { return Err(Unresolved::NotDirectory(at)) };
            match self.get(&next).map(|found| found.kind) {
                Some(Kind::Symlink(target)) if last || !rest.is_empty() => {
                    symlinks += 1;
                    if symlinks > MAX_SYMLINKS {
                        return Err(Unresolved::Loop(path.clone()));
                    }
                    if target.starts_with('/') {
                        at = ImagePath::root();
                    }
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                Some(Kind::Other) if !rest.is_empty() => return Err(Unresolved::NotDirectory(next)),
                _ => at = next,
            }
        }
        Ok(at)
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
    let kind = match &node.kind {
        NodeKind::Directory => Kind::Directory,
        NodeKind::Symlink { target } => Kind::Symlink(target),
        NodeKind::File { .. } | NodeKind::Device { .. } | NodeKind::Fifo => Kind::Other,
    };
    Found { inode, kind, from: None }
}
