//! The files of one root, as the loader meets them. An image has one root, and may hold others that
//! programs are started in. It answers by name; it searches nothing.

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::{Entry, Kind};

use crate::base::{Elf, File};
use crate::check::{Node, Tree};

/// The QM partition's root: the loader of a program in there sees nothing outside of it.
const QM: &str = "/usr/lib/qm/rootfs";

/// What the loader asks of a file system. Paths have no symlinks in them.
pub(super) trait Files<'a> {
    fn kind(&self, path: &ImagePath) -> Option<Kind<()>>;
    fn elf(&self, path: &ImagePath) -> Option<&'a Elf>;
    fn text(&self, path: &ImagePath) -> Option<&'a str>;
    /// The names in a directory, sorted.
    fn names(&self, directory: &ImagePath) -> Vec<&'a str>;
    /// Where an absolute path leads, each `..` taken where it is, if something is there.
    fn real(&self, path: &str) -> Option<ImagePath>;

    fn is_directory(&self, path: &ImagePath) -> bool {
        self.kind(path) == Some(Kind::Directory)
    }
}

/// Why a fault in another root of the image does not stop a build.
pub(super) const OTHER_ROOT: &str = "QM's root can be filled on the device";

/// The files below a directory of the image's tree.
#[derive(Clone, Copy)]
pub(super) struct Root<'t, 'a> {
    tree: &'t Tree<'a>,
    prefix: &'static str,
    /// The directory that programs see as their root.
    entry: Entry<'a, File>,
}

impl<'t, 'a> Root<'t, 'a> {
    /// The root that a program is started in, and the program's path there.
    pub(super) fn of(tree: &'t Tree<'a>, path: &ImagePath) -> Option<(Self, ImagePath)> {
        let prefix = if path.as_str().starts_with("/usr/lib/qm/rootfs/") { QM } else { "" };
        let inside = ImagePath::parse(path.as_str().strip_prefix(prefix)?).ok()?;
        let entries = tree.entries();
        let entry =
            if prefix.is_empty() { entries.root() } else { entries.get(&ImagePath::parse(prefix).ok()?)? };
        Some((Self { tree, prefix, entry }, inside))
    }

    /// Whether it is the image's own.
    pub(super) fn is_outermost(&self) -> bool {
        self.prefix.is_empty()
    }

    /// What stands at a path of this root.
    pub(super) fn node(&self, path: &ImagePath) -> Option<Node<'a>> {
        if self.is_outermost() { self.tree.get(path.as_str()) } else { self.tree.get(&self.outside(path)) }
    }

    /// A path of this root, as the image has it.
    pub(super) fn outside(&self, path: &ImagePath) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl<'a> Files<'a> for Root<'_, 'a> {
    fn kind(&self, path: &ImagePath) -> Option<Kind<()>> {
        Some(self.node(path)?.kind())
    }

    fn real(&self, path: &str) -> Option<ImagePath> {
        self.entry.real(path)
    }

    fn elf(&self, path: &ImagePath) -> Option<&'a Elf> {
        self.node(path)?.elf()
    }

    fn text(&self, path: &ImagePath) -> Option<&'a str> {
        self.node(path)?.text()
    }

    fn names(&self, directory: &ImagePath) -> Vec<&'a str> {
        let directory = ImagePath::parse(&self.outside(directory)).ok();
        let names = |directory| self.tree.entries().children(&directory).map(|(name, _)| name).collect();
        directory.map(names).unwrap_or_default()
    }
}
