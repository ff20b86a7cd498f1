//! What a directory of the workspace, of a build stage or of another image is in an image: its files, symlinks and
//! directories, with the modes and owners that patterns give them.

use std::collections::BTreeMap;

use camino::Utf8Path;
use lapstrake::Site;
use lapstrake::entry::{Source, Tree};
use lapstrake::suggest::did_you_mean;
use lapstrake::value::{Glob, ImagePath, Mode};
use lapstrake_oci::tree::{Kind, Metadata, Xattrs};

use super::destination::{Inode, Wanted};
use super::place::{Placer, mode_of};
use super::{Origin, Product, Undecided, source_mode};
use crate::finding::Finding;
use crate::project::assets::{Scanned, SourceFile};

/// The modes and owners that patterns give.
pub(super) struct Patterns {
    modes: Vec<(Glob, Mode)>,
    owners: Vec<(Glob, (u32, u32))>,
}

impl Patterns {
    pub(super) fn mode(&self, name: &str) -> Option<Mode> {
        self.modes.iter().rfind(|(pattern, _)| pattern.matches(name)).map(|(_, mode)| *mode)
    }

    pub(super) fn owner(&self, name: &str) -> Option<(u32, u32)> {
        self.owners.iter().rfind(|(pattern, _)| pattern.matches(name)).map(|(_, owner)| *owner)
    }
}

/// Returns a directory that keeps the metadata it has below.
pub(super) fn modest(path: ImagePath, metadata: Metadata, site: Site) -> Wanted {
    Wanted { path, kind: Kind::Directory, metadata, site, modest: true, inode: None }
}

impl Placer<'_, '_, '_> {
    /// Puts the content of a directory of the workspace in the layer.
    pub(super) fn tree(&mut self, tree: &Tree, site: Site) {
        let Some(root) = self.valid(&tree.at) else { return };
        match &tree.source {
            Source::Asset(asset) => match self.scanned(asset, site) {
                Some(Scanned::Directory(members)) => {
                    self.members_of(tree, &root, (asset.path(), "new"), members, site);
                }
                Some(Scanned::File(_)) => {
                    let message = format!("`{asset}` is a file, and `tree` takes a directory");
                    let help = format!("write `.file({:?}, {:?})`", asset.path().as_str(), root.as_str());
                    self.findings.push(Finding::fatal("asset-kind", site, message).help(help));
                }
                None => {}
            },
            Source::BuildStage(stage, from) => {
                let Some(from) = self.valid(from) else { return };
                let product = Product::Tree(from.clone());
                if self.stages.directory(stage, product.clone(), site, &mut self.findings).is_none() {
                    return;
                }
                let is_other_image = stage.sources.is_empty() && stage.runs.is_empty();
                let method = if is_other_image { "from_image" } else { "from_stage" };
                if let Some(members) = self.stage_trees.get(stage, &product) {
                    self.members_of(tree, &root, (Utf8Path::new(from.as_str()), method), &members, site);
                } else {
                    let what = format!("`Tree::{method}(…, {:?}, …)`", from.as_str());
                    self.undecided.push(Undecided { what, site, layer: self.layer.clone() });
                }
            }
            Source::Fetched(url, digest) => {
                if let (Some(url), Some(digest)) = (self.valid(url), self.valid(digest)) {
                    self.archive(tree, (&url, &digest), &root, site);
                }
            }
            // No call makes a tree of it.
            Source::Text(_) => {}
        }
    }

    /// Puts the members of a directory in the layer. `named` is its path where it comes from, and `method` the one of `File`
    /// that takes a file of it.
    fn members_of(
        &mut self,
        tree: &Tree,
        root: &ImagePath,
        (named, method): (&Utf8Path, &str),
        members: &BTreeMap<String, Kind<SourceFile>>,
        site: Site,
    ) {
        if tree.stripped > 0 {
            let message = format!(
                "`.strip_components({})` is for archives, and `{named}` is a directory",
                tree.stripped
            );
            let help = format!("name the directory in it: {:?}", named.join("NAME").as_str());
            self.findings.push(Finding::fatal("asset-kind", site, message).help(help));
            return;
        }
        let Some(only) = self.only(tree) else { return };
        let dir_mode = tree.dir_mode.as_ref().map_or(Some(Mode::PROGRAM), |mode| self.valid(mode));
        let plain = self.metadata(&tree.attributes, Mode::FILE);
        let patterns = self.patterns(tree);
        let (Some(dir_mode), Some(plain), Some(patterns)) = (dir_mode, plain, patterns) else { return };
        let has_mode = tree.attributes.mode.is_some();
        let owned = |mode| Metadata { mode, xattrs: Xattrs::default(), ..plain.clone() };
        let of_tree = |path, (uid, gid)| modest(path, Metadata { uid, gid, ..owned(dir_mode) }, site);
        self.members.put(of_tree(root.clone(), (plain.uid, plain.gid)));
        let taken = || members.iter().filter(|(name, _)| tree.takes(name));
        let is_decided =
            |name: &str, file: &SourceFile| patterns.mode(name).is_some() && file.capabilities.is_none();
        let files = taken().filter_map(|(name, member)| Some((name.as_str(), member.file()?)));
        let files = files.filter(|(name, file)| !is_decided(name, file));
        self.report(source_mode::of_tree((named, method), files, &tree.attributes, site));
        let files = taken().filter_map(|(name, member)| Some((name.as_str(), member.file()?)));
        let files = files.filter(|(name, _)| patterns.owner(name).is_none());
        self.report(source_mode::of_owners(named, files, &tree.attributes, site));
        for (name, member) in taken() {
            let path = match root.join(name) {
                Ok(path) => path,
                Err(error) => {
                    self.findings.push(Finding::invalid(&error, site));
                    continue;
                }
            };
            let owner = patterns.owner(name);
            let (uid, gid) = owner.unwrap_or((plain.uid, plain.gid));
            let mode = patterns.mode(name).filter(|_| member.file().is_some());
            let metadata = match member {
                Kind::Directory => {
                    self.members.put(of_tree(path, (uid, gid)));
                    continue;
                }
                Kind::File(file) => {
                    let own = if has_mode { plain.mode } else { mode_of(file) };
                    Metadata { mode: mode.unwrap_or(own), ..plain.clone() }
                }
                // Of what a directory of the host has, only these are taken.
                Kind::Symlink { .. } | Kind::Device { .. } | Kind::Fifo => owned(Mode::SYMLINK),
            };
            let from = |file: &SourceFile| Origin::Asset { path: named.join(name), host: file.path.clone() };
            let metadata = Metadata { uid, gid, ..metadata };
            // Names of one inode have one mode and one owner.
            let inode = member.file().and_then(|file| file.inode);
            let inode = inode.map(|inode| (root.clone(), Inode::Host(inode)));
            let inode = inode.filter(|_| mode.is_none() && owner.is_none());
            let kind = member.as_ref().map(from);
            self.members.put(Wanted { path, kind, metadata, site, modest: false, inode });
        }
        for pattern in only.iter().filter(|pattern| !members.keys().any(|name| pattern.matches(name))) {
            let message = format!("`.only({:?})` matches nothing in `{named}`", pattern.as_str());
            let near = did_you_mean(pattern.as_str(), members.keys().map(String::as_str));
            self.findings.push(Finding::fatal("nothing-taken", site, message).help_if(near));
        }
        let names: Vec<_> = taken().map(|(name, member)| (name.as_str(), member.file().is_some())).collect();
        self.unmatched(&patterns, &names, site);
    }

    /// Returns the patterns of a tree, or reports the invalid ones.
    pub(super) fn patterns(&mut self, tree: &Tree) -> Option<Patterns> {
        let mut are_valid = true;
        let (mut modes, mut owners) = (Vec::new(), Vec::new());
        for (pattern, mode) in &tree.modes {
            match (self.valid(pattern), self.valid(mode)) {
                (Some(pattern), Some(mode)) => modes.push((pattern, mode)),
                _ => are_valid = false,
            }
        }
        for (pattern, owner) in &tree.owners {
            match (self.valid(pattern), self.owner(owner)) {
                (Some(pattern), Some(owner)) => owners.push((pattern, owner)),
                _ => are_valid = false,
            }
        }
        are_valid.then_some(Patterns { modes, owners })
    }

    /// Reports the patterns that match nothing. `names` are those of the tree, and whether each is a file.
    pub(super) fn unmatched(&mut self, patterns: &Patterns, names: &[(&str, bool)], site: Site) {
        let has_file = |pattern: &Glob| names.iter().any(|(name, is_file)| *is_file && pattern.matches(name));
        let has_any = |pattern: &Glob| names.iter().any(|(name, _)| pattern.matches(name));
        let modes = patterns.modes.iter().filter(|(pattern, _)| !has_file(pattern));
        let modes = modes.map(|(pattern, _)| ("mode_of", "no file", pattern));
        let owners = patterns.owners.iter().filter(|(pattern, _)| !has_any(pattern));
        let owners = owners.map(|(pattern, _)| ("owner_of", "nothing", pattern));
        for (method, what, pattern) in modes.chain(owners) {
            let message = format!("`.{method}({:?}, …)` matches {what} in the tree", pattern.as_str());
            let finding = Finding::warning("unmatched-pattern", site, message);
            self.findings.push(finding.help("a pattern is relative to the directory: `usr/bin/*`"));
        }
    }
}
