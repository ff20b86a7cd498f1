//! What an entry copies or moves: files, symlinks and directories of the tree below, with their metadata.

use std::sync::Arc;

use lapstrake::Site;
use lapstrake::entry::Copied;
use lapstrake::suggest::nearest;
use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Kind;

use super::copied_from::CopiedFrom;
use super::destination::{Inode, Wanted};
use super::place::Placer;
use super::read_file::ReadFile;
use super::{Origin, Undecided};
use crate::base::{File, Node};
use crate::finding::Finding;

impl Placer<'_, '_, '_> {
    /// Puts what an entry copies or moves in the layer.
    pub(super) fn copied(&mut self, copied: &Copied, site: Site) {
        let (Some(from), Some(at)) = (self.valid(&copied.from), self.valid(&copied.at)) else { return };
        if let Some(layer) = self.unseen {
            let method = if copied.is_renamed { "rename" } else { "copy" };
            let what = format!("`.{method}({:?}, …)`", from.as_str());
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return;
        }
        let trees = self.copied_from;
        let source = trees.left.resolve(&from).unwrap_or_else(|_| from.clone());
        if trees.left.get(&source).is_none() {
            self.findings.push(missing(trees, copied, &from, site));
            return;
        }
        let to = self.members.below.tree.resolve(&at).unwrap_or_else(|_| at.clone());
        if source.is_root() || to.starts_with(&source) {
            let message = format!("`{at}` is in `{from}`, and a directory can't be copied into itself");
            let finding = Finding::fatal("copy-into-itself", site, message).at(&at);
            self.findings.push(finding.help("give it a path outside of the directory"));
            return;
        }
        for (path, found) in trees.left.walk_from(&source) {
            let below = path.as_str()[source.as_str().len()..].trim_start_matches('/');
            match if below.is_empty() { Ok(at.clone()) } else { at.join(below) } {
                Ok(at) => self.copy_one((&path, found), at, &to, site),
                Err(error) => self.findings.push(Finding::invalid(&error, site)),
            }
        }
    }

    fn copy_one(
        &mut self,
        (from, found): (&ImagePath, Node<'_>),
        path: ImagePath,
        to: &ImagePath,
        site: Site,
    ) {
        if matches!(found.node.kind, Kind::Device { .. } | Kind::Fifo) {
            let message = format!("`{from}` is a {}, and no layer can hold one", found.node.kind.name());
            self.findings.push(Finding::fatal("copied-device", site, message).at(&path));
            return;
        }
        let member = self.members.below.member(from, found.layer);
        let kind = found.node.kind.as_ref().map(|file| match file {
            File::Read(facts) => Origin::Read(ReadFile::new(from.clone(), found.layer, Arc::clone(facts))),
            File::Planned => {
                let origin = member.and_then(|member| member.kind.file());
                origin.expect("a planned file is a member of its layer").clone()
            }
        });
        let inode = match &found.node.kind {
            Kind::File(File::Read(facts)) => Some(Inode::of_read(facts)),
            Kind::File(File::Planned) => {
                let first = member.and_then(|member| member.hardlink.clone());
                Some(Inode::Member(found.layer, first.unwrap_or_else(|| from.clone())))
            }
            Kind::Directory | Kind::Symlink { .. } | Kind::Device { .. } | Kind::Fifo => None,
        };
        let inode = inode.map(|inode| (to.clone(), inode));
        let metadata = found.node.metadata.clone();
        self.members.put(Wanted { path, kind, metadata, site, modest: false, inode });
    }
}

fn missing(trees: &CopiedFrom, copied: &Copied, from: &ImagePath, site: Site) -> Finding {
    let verb = if copied.is_renamed { "rename" } else { "copy" };
    let is_removed = trees.all.resolve(from).is_ok_and(|path| trees.all.get(&path).is_some());
    if is_removed {
        let message = format!("nothing to {verb}: this layer removes `{from}`");
        return Finding::fatal("copy-missing", site, message).at(from).help("leave the removal out");
    }
    let message = format!("nothing to {verb}: neither the base nor a layer below has `{from}`");
    let parent = from.parent().unwrap_or_else(ImagePath::root);
    let parent = trees.left.follow(&parent).unwrap_or(parent);
    let siblings: Vec<_> =
        trees.left.children(&parent).filter_map(|(name, _)| parent.join(name).ok()).collect();
    let near = nearest(from.as_str(), siblings.iter().map(ImagePath::as_str));
    let finding = Finding::fatal("copy-missing", site, message).at(from);
    finding.help_if(near.map(|near| format!("did you mean `{near}`?")))
}
