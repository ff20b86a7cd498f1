//! What is at a path of an image, and who put it there.

use std::sync::Arc;

use lapstrake::value::{ImagePath, Mode};
use lapstrake::{Site, Span};
use lapstrake_oci::tree::{self, CAPABILITY, Kind, Metadata};

use crate::base::{Elf, File, FileFacts, facts};
use crate::check::contents::LayerContents;
use crate::check::secrets::Secret;
use crate::check::start::Start;
use crate::finding::Place;
use crate::plan::{Member, Origin, PlannedLayer};

/// What is at a path of an image.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Node, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     let node: Node<'_> = subject.tree().get("/etc/motd").unwrap();
///     assert!(node.path().as_str() == "/etc/motd" && node.ends_with("motd"));
///     assert_eq!(node.kind(), Kind::File(()));
///     assert!(node.is_file() && !node.is_directory() && node.target().is_none());
///     assert_eq!((node.mode().bits(), node.uid(), node.gid()), (0o644, 0, 0));
///     assert!(!node.is_executable() && !node.has_capabilities());
///     assert_eq!((node.size(), node.text()), (Some(3), Some("hi\n")));
///     assert!(node.site().is_some(), "a layer puts it there");
///     vec![Fault::at(&node, "`/etc/motd` was looked at")]
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert_eq!(found[0].name, "look");
/// ```
#[derive(Clone)]
pub struct Node<'a> {
    pub(super) path: Path<'a>,
    pub(super) from: From<'a>,
}

#[derive(Clone)]
pub(super) enum Path<'a> {
    /// Of a member of a layer.
    Member(&'a ImagePath),
    Other(Arc<ImagePath>),
}

#[derive(Clone, Copy)]
pub(super) enum From<'a> {
    Base(&'a tree::Node<File>),
    /// What a step of that layer made while an engine ran it.
    Step(&'a PlannedLayer, &'a tree::Node<File>),
    /// What that layer has.
    Layer(OfLayer<'a>),
}

/// A member of a layer, with what is known of it.
#[derive(Clone, Copy)]
pub(super) struct OfLayer<'a> {
    pub(super) layer: &'a PlannedLayer,
    pub(super) member: &'a Member,
    pub(super) contents: &'a LayerContents,
    /// What is known of it where the layer was read.
    pub(super) facts: Option<&'a FileFacts>,
}

impl<'a> Node<'a> {
    /// Returns where it is.
    pub fn path(&self) -> &ImagePath {
        match &self.path {
            Path::Member(path) => path,
            Path::Other(path) => path,
        }
    }

    /// Returns whether its name ends so, in that case of letters: `.conf`.
    pub fn ends_with(&self, ending: &str) -> bool {
        self.path().file_name().ends_with(ending)
    }

    /// Returns the kind of the inode.
    ///
    /// ```
    /// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Subject};
    /// use lapstrake_xtask::prelude::*;
    ///
    /// fn look(subject: &Subject<'_>) -> Vec<Fault> {
    ///     assert_eq!(subject.tree().get("/bin").unwrap().kind(), Kind::symlink("usr/bin"));
    ///     assert_eq!(subject.tree().get("/usr").unwrap().kind(), Kind::Directory);
    ///     Vec::new()
    /// }
    ///
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
    /// assert!(found.is_empty());
    /// ```
    pub fn kind(&self) -> Kind<()> {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.as_ref().map(drop),
            From::Layer(of) => of.member.kind.as_ref().map(drop),
        }
    }

    /// Returns whether it is a regular file.
    pub fn is_file(&self) -> bool {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.is_file(),
            From::Layer(of) => of.member.kind.is_file(),
        }
    }

    /// Returns whether it is a directory.
    pub fn is_directory(&self) -> bool {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.is_directory(),
            From::Layer(of) => of.member.kind.is_directory(),
        }
    }

    /// Returns the target of a symlink, as it is written.
    pub fn target(&self) -> Option<&'a str> {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.target(),
            From::Layer(of) => of.member.kind.target(),
        }
    }

    /// Returns its permission bits.
    pub fn mode(&self) -> Mode {
        self.metadata().mode
    }

    /// Returns whether it is a file that somebody may execute.
    pub fn is_executable(&self) -> bool {
        self.is_file() && self.mode().bits() & 0o111 != 0
    }

    /// Returns the number of its owner.
    pub fn uid(&self) -> u32 {
        self.metadata().uid
    }

    /// Returns the number of its group.
    pub fn gid(&self) -> u32 {
        self.metadata().gid
    }

    /// Returns whether it is a program that the kernel gives capabilities (capabilities(7)).
    pub fn has_capabilities(&self) -> bool {
        self.metadata().xattrs.get(CAPABILITY).is_some()
    }

    /// Returns the size of a file, in bytes; none for what cargo has not built yet, and what is not a file.
    pub fn size(&self) -> Option<u64> {
        match self.facts() {
            Some(facts) => Some(facts.size),
            None => self.contents()?.size(self.origin()?),
        }
    }

    /// Returns the content of a file; see [`Tree::text`](super::Tree::text). No symlink is followed.
    pub fn text(&self) -> Option<&'a str> {
        match self.facts() {
            Some(facts) => facts.text.as_deref(),
            None => self.contents()?.text(self.origin()?),
        }
    }

    /// The facts of a program or library; of this image's own only once they are staged.
    pub(crate) fn elf(&self) -> Option<&'a Elf> {
        match self.facts() {
            Some(facts) => facts.elf.as_deref(),
            None => self.contents()?.elf(self.origin()?),
        }
    }

    /// The secrets in a file of a layer, once it is staged.
    pub(crate) fn secrets(&self) -> &'a [Secret] {
        let contents = self.contents().zip(self.origin());
        contents.map_or(&[], |(contents, origin)| contents.secrets(origin))
    }

    /// Whether a part of a file of a layer was too large to be searched for secrets.
    pub(crate) fn is_cut(&self) -> bool {
        self.contents().zip(self.origin()).is_some_and(|(contents, origin)| contents.is_cut(origin))
    }

    /// How the kernel starts a file of a layer that is not an ELF file, once it is staged.
    pub(crate) fn start(&self) -> Option<&'a Start> {
        self.contents()?.start(self.origin()?)
    }

    /// Whether a kernel module ends without a signature; of this image's own only once they are staged.
    pub(crate) fn lacks_signature(&self) -> bool {
        match self.facts() {
            Some(facts) => facts.lacks_signature,
            None => self
                .contents()
                .zip(self.origin())
                .is_some_and(|(contents, origin)| contents.lacks_signature(origin)),
        }
    }

    /// Where a file of a layer comes from.
    pub(crate) fn origin(&self) -> Option<&'a Origin> {
        match self.from {
            From::Layer(of) => of.member.kind.file(),
            From::Base(_) | From::Step(..) => None,
        }
    }

    /// Returns where a part of its text is in the workspace; none, unless it is a file of the workspace.
    pub(in crate::check) fn place(&self, span: &Span) -> Option<Box<Place>> {
        let (origin, text) = (self.origin()?, self.text()?);
        let Origin::Asset { path, host } = origin else { return None };
        let place = Place::new(path, host, text, span);
        let has_secret = self.contents().is_some_and(|contents| contents.has_secret(origin));
        Some(Box::new(if has_secret { place.without_text() } else { place }))
    }

    /// Returns the path as the description has it, if a symlink below leads elsewhere.
    pub(crate) fn written(&self) -> Option<&'a ImagePath> {
        match self.from {
            From::Layer(of) => of.member.written.as_ref(),
            From::Base(_) | From::Step(..) => None,
        }
    }

    fn contents(&self) -> Option<&'a LayerContents> {
        match self.from {
            From::Layer(of) => Some(of.contents),
            From::Base(_) | From::Step(..) => None,
        }
    }

    /// Returns where the description has it; none for what the base has.
    pub fn site(&self) -> Option<Site> {
        match self.from {
            From::Base(_) => None,
            From::Step(layer, _) => Some(layer.step_site()),
            From::Layer(of) => of.member.site,
        }
    }

    /// The names of the checks whose findings its entry accepts.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &'a str> {
        let allowed = match self.from {
            From::Base(_) => None,
            From::Step(layer, _) => Some(&layer.allowed),
            From::Layer(of) => Some(&of.member.allowed),
        };
        allowed.into_iter().flat_map(|allowed| allowed.keys().map(String::as_str))
    }

    /// The layer of this image that put it there; none for what the base has.
    pub(crate) fn layer(&self) -> Option<&'a PlannedLayer> {
        match self.from {
            From::Base(_) => None,
            From::Step(layer, _) | From::Layer(OfLayer { layer, .. }) => Some(layer),
        }
    }

    /// Whether a step made it while an engine ran it.
    pub(in crate::check) fn is_of_step(&self) -> bool {
        matches!(self.from, From::Step(..))
    }

    /// Whether the packages of a layer brought it.
    pub(in crate::check) fn is_of_packages(&self) -> bool {
        matches!(self.from, From::Step(layer, _) if layer.transaction.is_some())
    }

    /// Whether an entry makes it of the file below, with changes.
    pub(in crate::check) fn extends(&self) -> bool {
        matches!(self.from, From::Layer(of) if of.member.extends)
    }

    fn metadata(&self) -> &'a Metadata {
        match self.from {
            From::Base(node) | From::Step(_, node) => &node.metadata,
            From::Layer(of) => &of.member.metadata,
        }
    }

    fn facts(&self) -> Option<&'a FileFacts> {
        match self.from {
            From::Base(node) | From::Step(_, node) => facts(&node.kind),
            From::Layer(of) => of.facts,
        }
    }
}
