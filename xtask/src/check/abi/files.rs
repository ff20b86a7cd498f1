//! The files of one root, as the loader meets them. An image has one root, and may hold others that
//! programs are started in. It answers by name; it searches nothing.

use std::cell::Cell;

use lapstrake::value::ImagePath;

use crate::base::{Elf, Kind as Step, follow};
use crate::check::{Kind, Node, Tree};

/// The QM partition's root: the loader of a program in there sees nothing outside of it.
const QM: &str = "/usr/lib/qm/rootfs";

/// What the loader asks of a file system. Paths have no symlinks in them.
pub(super) trait Files<'a> {
    fn step(&self, path: &ImagePath) -> Option<Step<'a>>;
    fn elf(&self, path: &ImagePath) -> Option<&'a Elf>;
    fn text(&self, path: &ImagePath) -> Option<&'a str>;
    /// The names in a directory, sorted.
    fn names(&self, directory: &ImagePath) -> Vec<&'a str>;

    /// Where an absolute path leads, each `..` taken where it stands, if something is there.
    fn real(&self, path: &str) -> Option<ImagePath> {
        if !path.starts_with('/') {
            return None;
        }
        // The kernel walks a path as it walks the target of a symlink, and stops at what is not there.
        let start = ImagePath::parse("/…").ok()?;
        let all = Cell::new(true);
        let at = |at: &ImagePath| {
            let step = if *at == start { Some(Step::Symlink(path)) } else { self.step(at) };
            all.set(all.get() && step.is_some());
            step
        };
        follow(&start, true, at).ok().filter(|_| all.get())
    }
}

/// The files below a directory of the image's tree.
#[derive(Clone, Copy)]
pub(super) struct Root<'t, 'a> {
    tree: &'t Tree<'a>,
    prefix: &'static str,
}

impl<'t, 'a> Root<'t, 'a> {
    /// The root that a program is started in, and the program's path there.
    pub(super) fn of(tree: &'t Tree<'a>, path: &ImagePath) -> Option<(Self, ImagePath)> {
        let prefix = if path.as_str().starts_with("/usr/lib/qm/rootfs/") { QM } else { "" };
        let inside = ImagePath::parse(path.as_str().strip_prefix(prefix)?).ok()?;
        Some((Self { tree, prefix }, inside))
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
    fn step(&self, path: &ImagePath) -> Option<Step<'a>> {
        Some(match self.node(path)?.kind() {
            Kind::Directory => Step::Directory,
            Kind::Symlink(target) => Step::Symlink(target),
            Kind::File | Kind::Device | Kind::Fifo => Step::Other,
        })
    }

    fn elf(&self, path: &ImagePath) -> Option<&'a Elf> {
        self.node(path)?.elf()
    }

    fn text(&self, path: &ImagePath) -> Option<&'a str> {
        self.node(path)?.text()
    }

    fn names(&self, directory: &ImagePath) -> Vec<&'a str> {
        self.tree.children(&self.outside(directory)).map(|node| node.path().file_name()).collect()
    }
}
