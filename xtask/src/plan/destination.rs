//! Where an entry ends up: its path resolved through the symlinks of what lies below, and whether it
//! may stand there.

use std::collections::BTreeMap;

use lapstrake::Site;
use lapstrake::rule::{self, Claim, What};
use lapstrake::value::{ImagePath, Mode};

use super::merged::Merged;
use super::{Content, Inode, Member};
use crate::base::{Kind, ResolveError};
use crate::finding::Finding;

/// An inode that an entry wants in its layer.
pub(super) struct Wanted {
    pub(super) path: ImagePath,
    pub(super) content: Content,
    pub(super) inode: Inode,
    pub(super) site: Site,
    /// A directory that keeps the metadata it has below, and gives way to one that was described.
    pub(super) modest: bool,
}

/// The members of one layer as they come together.
pub(super) struct Members<'a> {
    below: &'a Merged<'a>,
    placed: BTreeMap<ImagePath, Member>,
    findings: Vec<Finding>,
    /// What the entry that is being placed accepts.
    pub(super) allowed: BTreeMap<String, Site>,
}

impl<'a> Members<'a> {
    /// Members over what `below` has, its removals already made.
    pub(super) fn new(below: &'a Merged<'a>) -> Self {
        Self { below, placed: BTreeMap::new(), findings: Vec::new(), allowed: BTreeMap::new() }
    }

    /// Puts an inode in its place, or says why it can't stand there.
    pub(super) fn put(&mut self, wanted: Wanted) {
        let follow_last = wanted.modest;
        let resolved =
            if follow_last { self.below.resolve_all(&wanted.path) } else { self.below.resolve(&wanted.path) };
        match resolved {
            Ok(path) => self.put_at(path, wanted),
            Err(unresolved) => {
                let message = match unresolved {
                    ResolveError::Loop { path } => format!("`{path}` leads through a loop of symlinks"),
                    ResolveError::NotDirectory { path, at } => {
                        format!("`{path}` lies below `{at}`, which is no directory")
                    }
                };
                self.findings.push(Finding::fatal("no-directory", wanted.site, message).at(&wanted.path));
            }
        }
    }

    fn put_at(&mut self, path: ImagePath, wanted: Wanted) {
        let Wanted { content, mut inode, site, modest, .. } = wanted;
        let is_directory = content == Content::Directory;
        if let Some(first) = self.placed.get(&path) {
            let first = claim(path.clone(), &first.content, Some(first.inode), first.site.unwrap_or(site));
            let second = claim(path.clone(), &content, (!modest).then_some(inode), site);
            self.findings.extend(rule::between(&first, &second).map(|conflict| {
                let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message).at(&path);
                finding.also(conflict.first, "first written here").help(conflict.help)
            }));
            return;
        }
        if let Some(found) = self.below.get(&path) {
            let earlier = found.from.and_then(|(_, site)| site);
            let owner = if found.from.is_some() { "a layer below" } else { "the base" };
            let conflict = match (is_directory, found.kind) {
                (true, Kind::Directory) if modest => {
                    inode = found.inode;
                    None
                }
                (true, Kind::Directory) => {
                    if found.inode != inode {
                        let message = format!(
                            "`{path}` is a directory of {owner} with mode {} and owner {}:{}; bootc's ostree importer keeps those",
                            found.inode.mode, found.inode.uid, found.inode.gid
                        );
                        self.findings.push(Finding::warning("directory-metadata", site, message).at(&path));
                    }
                    None
                }
                (true, Kind::Symlink(_)) => Some("a symlink"),
                (true, Kind::Other) => Some("a file"),
                (false, Kind::Directory) => Some("a directory"),
                (false, Kind::Symlink(_) | Kind::Other) => {
                    if let Some(earlier) = earlier {
                        let message = format!("`{path}` replaces what a layer below put there");
                        let finding = Finding::warning("shadowed-entry", site, message).at(&path);
                        self.findings.push(finding.also(earlier, "this is shipped and never seen"));
                    }
                    None
                }
            };
            if let Some(kind) = conflict {
                let what = match content {
                    Content::Directory => "a directory",
                    Content::Symlink { .. } => "a symlink",
                    Content::File { .. } => "a file",
                };
                let message = format!("`{path}` is {kind} of {owner}, and here it is {what}");
                let mut finding = Finding::fatal("type-conflict", site, message).at(&path);
                if let Some(earlier) = earlier {
                    finding = finding.also(earlier, "first written here");
                }
                let help = if is_directory {
                    format!("add `.remove({:?})` if it shall go", path.as_str())
                } else {
                    let inside = path.as_str().trim_end_matches('/');
                    format!(
                        "write `{inside}/NAME` to put it in there; `.remove({inside:?})` if all of that shall go"
                    )
                };
                self.findings.push(finding.help(help));
                return;
            }
        }
        self.placed.insert(path, Member { inode, content, site: Some(site), allowed: self.allowed.clone() });
    }

    /// The members with every parent directory they need, and what was found.
    pub(super) fn finish(mut self) -> (BTreeMap<ImagePath, Member>, Vec<Finding>) {
        let described: Vec<_> =
            self.placed.iter().map(|(path, member)| (path.clone(), member.site)).collect();
        for (path, site) in described {
            for above in path.ancestors() {
                self.parent(above, &path, site);
            }
        }
        (self.placed, self.findings)
    }

    fn parent(&mut self, above: ImagePath, child: &ImagePath, site: Option<Site>) {
        if let Some(member) = self.placed.get(&above) {
            if let (Some(site), Some(first), Some(below)) = (site, member.site, self.placed.get(child)) {
                let first = claim(above, &member.content, Some(member.inode), first);
                let second = claim(child.clone(), &below.content, Some(below.inode), site);
                self.findings.extend(rule::between(&first, &second).map(|conflict| {
                    let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message).at(child);
                    finding.also(conflict.first, "written here").help(conflict.help)
                }));
            }
            return;
        }
        // An importer that meets a child before its parent makes up the parent's owner or fails, so
        // each layer states all of them, as they already are.
        let inode = match self.below.get(&above) {
            Some(found) => found.inode,
            None => Inode::of_root(Mode::PROGRAM),
        };
        self.placed.insert(
            above,
            Member { inode, content: Content::Directory, site: None, allowed: BTreeMap::new() },
        );
    }
}

/// What a member says to the rules that `image!` shares; the layer is always the same.
fn claim(path: ImagePath, content: &Content, inode: Option<Inode>, site: Site) -> Claim<Site> {
    let kind = match content {
        Content::Directory => rule::Kind::Directory(inode.map(|inode| format!("{inode:?}"))),
        Content::Symlink { .. } => rule::Kind::Symlink,
        Content::File { .. } => rule::Kind::File,
    };
    Claim { id: site, layer: 0, what: What::Destination { path, kind } }
}
