//! Where an entry ends up: its path resolved through the symlinks of what lies below, and whether it
//! may stand there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lapstrake::Site;
use lapstrake::rule::{self, Claim, What};
use lapstrake::value::{ImagePath, Mode};

use lapstrake_oci::Digest;
use lapstrake_oci::tree::{DEPTH_MAX, Kind, LayerNumber, Metadata};

use super::below::Below;
use super::{Member, Origin};
use crate::base::FileFacts;
use crate::finding::Finding;
use crate::project::assets;

/// An inode that an entry wants in its layer.
pub(super) struct Wanted {
    pub(super) path: ImagePath,
    pub(super) kind: Kind<Origin>,
    pub(super) metadata: Metadata,
    pub(super) site: Site,
    /// A directory that keeps the metadata it has below, and gives way to a described one.
    pub(super) modest: bool,
    /// The inode of a file that may have other names in the same tree.
    pub(super) inode: Option<InodeOfTree>,
}

/// An inode in the tree that goes to a path.
pub(super) type InodeOfTree = (ImagePath, Inode);

/// What several names of a file have in common. Inodes are only grouped by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Inode {
    /// Of the host.
    Host(assets::Inode),
    /// A file of a tree that was read, by the address of the record that its names share.
    Read(usize),
    /// A file of an archive with that digest.
    Archive(Digest, u32),
    /// A file of a planned layer, by its first name.
    Member(LayerNumber, ImagePath),
}

impl Inode {
    pub(super) fn of_read(facts: &Arc<FileFacts>) -> Self {
        Self::Read(Arc::as_ptr(facts).addr())
    }
}

/// The members of one layer as they come together.
pub(super) struct Members<'a> {
    pub(super) below: Below<'a>,
    placed: BTreeMap<ImagePath, Member>,
    /// The names of each inode.
    names: HashMap<InodeOfTree, BTreeSet<ImagePath>>,
    findings: Vec<Finding>,
    /// What the entry that is being placed accepts.
    pub(super) allowed: BTreeMap<String, Site>,
    /// Whether what is being placed is the file below with changes.
    pub(super) extends: bool,
}

impl<'a> Members<'a> {
    /// Members over what `below` has, its removals already made.
    pub(super) fn new(below: Below<'a>) -> Self {
        Self {
            below,
            placed: BTreeMap::new(),
            names: HashMap::new(),
            findings: Vec::new(),
            allowed: BTreeMap::new(),
            extends: false,
        }
    }

    /// Puts an inode in its place, or says why it can't stand there.
    pub(super) fn put(&mut self, wanted: Wanted) {
        let tree = self.below.tree;
        let resolved = if wanted.modest { tree.follow(&wanted.path) } else { tree.resolve(&wanted.path) };
        match resolved {
            Ok(path) if path.components().count() > DEPTH_MAX => {
                let message = format!("`{path}` is in more than {DEPTH_MAX} directories");
                self.findings.push(Finding::fatal("deep-path", wanted.site, message).at(&wanted.path));
            }
            Ok(path) => self.put_at(path, wanted),
            Err(unresolved) => {
                let message = unresolved.to_string();
                self.findings.push(Finding::fatal("no-directory", wanted.site, message).at(&wanted.path));
            }
        }
    }

    /// Whether the layer or what is below it has a file or a symlink there already.
    pub(super) fn has_file(&self, path: &ImagePath) -> bool {
        let is_file = |kind: &Kind<Origin>| !kind.is_directory();
        self.placed.get(path).is_some_and(|member| is_file(&member.kind))
            || self.below.get(path).is_some_and(|found| !found.node.kind.is_directory())
    }

    /// Puts a directory of root's where neither an entry nor anything below has something.
    pub(super) fn put_missing_directory(&mut self, path: &ImagePath, site: Site) {
        let Ok(path) = self.below.tree.follow(path) else { return };
        if self.below.get(&path).is_none() && !self.placed.contains_key(&path) {
            let metadata = Metadata::of_root(Mode::PROGRAM);
            self.put(Wanted { path, kind: Kind::Directory, metadata, site, modest: true, inode: None });
        }
    }

    fn put_at(&mut self, path: ImagePath, wanted: Wanted) {
        if let Some(first) = self.placed.get(&path) {
            let Wanted { kind, metadata, site, modest, .. } = wanted;
            let first = claim(path.clone(), &first.kind, Some(&first.metadata), first.site.unwrap_or(site));
            let second = claim(path.clone(), &kind, (!modest).then_some(&metadata), site);
            self.findings.extend(rule::between(&first, &second).map(|conflict| {
                let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message).at(&path);
                finding.also(conflict.first, "first written here").help(conflict.help)
            }));
            return;
        }
        let Some(metadata) = self.over(&path, &wanted) else { return };
        let Wanted { kind, site, inode, path: written, .. } = wanted;
        let written = (written != path).then_some(written);
        if let Some(inode) = inode {
            self.names.entry(inode).or_default().insert(path.clone());
        }
        let (site, allowed, extends) = (Some(site), self.allowed.clone(), self.extends);
        self.placed.insert(path, Member { metadata, kind, written, hardlink: None, site, extends, allowed });
    }

    /// The metadata of an inode over what is below; none where it can't be there.
    fn over(&mut self, path: &ImagePath, wanted: &Wanted) -> Option<Metadata> {
        let Wanted { kind, metadata, site, modest, .. } = wanted;
        let Some(found) = self.below.get(path) else { return Some(metadata.clone()) };
        let earlier = self.below.site(path, found.layer);
        let owner = if self.below.is_own(found.layer) { "a layer below" } else { "the base" };
        let is_directory = kind.is_directory();
        let was = &found.node.metadata;
        if is_directory != found.node.kind.is_directory() {
            let (before, now) = (found.node.kind.name(), kind.name());
            let message = format!("`{path}` is a {before} of {owner}, and here it is a {now}");
            let mut finding = Finding::fatal("type-conflict", *site, message).at(path);
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
            return None;
        }
        if is_directory && *modest {
            return Some(was.clone());
        }
        // ADD of an engine leaves those of a directory that exists.
        let metadata = &Metadata {
            xattrs: if is_directory { was.xattrs.clone() } else { metadata.xattrs.clone() },
            ..metadata.clone()
        };
        if is_directory && was != metadata {
            let message = format!(
                "`{path}` is a directory of {owner} with mode {} and owner {}:{}; bootc's ostree importer keeps those",
                was.mode, was.uid, was.gid
            );
            self.findings.push(Finding::warning("directory-metadata", *site, message).at(path));
        }
        if let Some(earlier) = earlier.filter(|_| !is_directory) {
            let message = format!("`{path}` replaces what a layer below put there");
            let finding = Finding::warning("shadowed-entry", *site, message).at(path);
            self.findings.push(finding.also(earlier, "this is shipped and never seen"));
        }
        Some(metadata.clone())
    }

    /// The members with every parent directory they need, and what was found.
    pub(super) fn finish(mut self) -> (BTreeMap<ImagePath, Member>, Vec<Finding>) {
        let mut parents = BTreeMap::new();
        let mut under = Vec::new();
        for (path, member) in &self.placed {
            for above in above(path) {
                match self.placed.get(above) {
                    Some(parent) if parent.kind.is_directory() => {}
                    Some(_) => under.extend(self.conflict(above, path, member)),
                    None if parents.contains_key(above) => {}
                    None => drop(self.parent(above).map(|(path, parent)| parents.insert(path, parent))),
                }
            }
        }
        self.findings.extend(under);
        self.placed.extend(parents);
        self.link_names();
        (self.placed, self.findings)
    }

    /// Makes the names of an inode hardlinks to its first one, which is written before them.
    fn link_names(&mut self) {
        for names in self.names.values() {
            let mut names = names.iter();
            let Some(first) = names.next() else { continue };
            for name in names {
                if let Some(member) = self.placed.get_mut(name) {
                    member.hardlink = Some(first.clone());
                }
            }
        }
    }

    /// What is wrong with a member below something that is not a directory.
    fn conflict(&self, above: &str, path: &ImagePath, member: &Member) -> Option<Finding> {
        let (above, parent) = self.placed.get_key_value(above)?;
        let first = claim(above.clone(), &parent.kind, Some(&parent.metadata), parent.site?);
        let second = claim(path.clone(), &member.kind, Some(&member.metadata), member.site?);
        rule::between(&first, &second).map(|conflict| {
            let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message).at(path);
            finding.also(conflict.first, "written here").help(conflict.help)
        })
    }

    /// A parent as it is below. An importer that meets a child before its parent makes up the parent's owner
    /// or fails, so each layer states all of them.
    fn parent(&self, path: &str) -> Option<(ImagePath, Member)> {
        let path = ImagePath::parse(path).ok()?;
        let found = self.below.get(&path).map(|found| found.node.metadata.clone());
        let metadata = found.unwrap_or_else(|| Metadata::of_root(Mode::PROGRAM));
        Some((path, Member::parent(metadata)))
    }
}

/// The directories above a path, the root first.
fn above(path: &ImagePath) -> impl Iterator<Item = &str> {
    let root = (!path.is_root()).then_some("/");
    let path = path.as_str();
    root.into_iter().chain(path.match_indices('/').skip(1).map(|(end, _)| &path[..end]))
}

/// What a member says to the rules that `image!` shares; the layer is always the same.
fn claim(path: ImagePath, kind: &Kind<Origin>, metadata: Option<&Metadata>, site: Site) -> Claim<Site> {
    let kind = match kind {
        Kind::Directory => rule::Kind::Directory(metadata.map(|metadata| format!("{metadata:?}"))),
        Kind::Symlink { .. } => rule::Kind::Symlink,
        Kind::File(_) | Kind::Device { .. } | Kind::Fifo => rule::Kind::File,
    };
    Claim { id: site, layer: 0, what: What::Destination { path, kind } }
}
