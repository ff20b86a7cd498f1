//! What a layer can hold. One file, one kind of entry; each says what it puts in the image and has the
//! options that make sense for it, so a capability on a symlink can't be said.

mod attributes;
mod bin;
mod conf;
mod dir;
mod drop_in;
mod file;
mod kargs;
mod packages;
mod remove;
mod run;
mod symlink;
mod sysusers;
mod tmpfiles;
mod tree;
mod unit;
mod unit_state;

pub use attributes::Attributes;
pub use bin::Bin;
pub use dir::Dir;
pub use drop_in::DropIn;
pub use file::File;
pub use kargs::Kargs;
pub use packages::{Packages, Repository};
pub use remove::Remove;
pub use run::{Run, Secret, SecretSource};
pub use symlink::Symlink;
pub use sysusers::Sysusers;
pub use tmpfiles::Tmpfiles;
pub use tree::Tree;
pub use unit::Unit;
pub use unit_state::{State, UnitState};

use crate::value::{Asset, Source};
use crate::{Site, Stage};

/// One entry of a layer, and where it was added.
///
/// ```
/// use lapstrake::{Layer, entry::{Entry, EntryKind}};
///
/// let layer = Layer::new("app").bin("sensord");
/// let entry: &Entry = &layer.entries()[0];
/// assert!(matches!(entry.kind(), EntryKind::Bin(bin) if bin.name() == "sensord"));
/// assert_eq!(entry.site().file(), file!());
/// ```
#[derive(Debug, Clone)]
pub struct Entry {
    kind: EntryKind,
    site: Site,
}

impl Entry {
    #[track_caller]
    pub(crate) fn new(kind: EntryKind) -> Self {
        Self { kind, site: Site::caller() }
    }

    /// What it is.
    pub fn kind(&self) -> &EntryKind {
        &self.kind
    }

    /// Where it was added to its layer.
    pub fn site(&self) -> Site {
        self.site
    }
}

/// Two entries are equal when they say the same; where they say it does not count.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The closed set of entries. The plan matches on it, so a new kind can't be forgotten anywhere.
///
/// ```
/// use lapstrake::entry::{EntryKind, File, Remove};
///
/// let kind = EntryKind::from(File::text("x", "/etc/x").mode(0o600));
/// assert!(kind.attributes().unwrap().mode().is_some());
/// assert!(EntryKind::from(Remove::new("/etc/x")).attributes().is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant holds the type that documents it")]
pub enum EntryKind {
    Bin(Bin),
    Dir(Dir),
    DropIn(DropIn),
    File(File),
    Kargs(Kargs),
    Packages(Packages),
    Remove(Remove),
    Run(Run),
    Symlink(Symlink),
    Sysusers(Sysusers),
    Tmpfiles(Tmpfiles),
    Tree(Tree),
    Unit(Unit),
    UnitState(UnitState),
}

impl EntryKind {
    /// The options that entries share, where it has them.
    pub fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::Bin(entry) => Some(entry.attributes()),
            Self::Dir(entry) => Some(entry.attributes()),
            Self::DropIn(entry) => Some(entry.attributes()),
            Self::File(entry) => Some(entry.attributes()),
            Self::Symlink(entry) => Some(entry.attributes()),
            Self::Tree(entry) => Some(entry.attributes()),
            Self::Unit(entry) => Some(entry.attributes()),
            Self::Kargs(_)
            | Self::Packages(_)
            | Self::Remove(_)
            | Self::Run(_)
            | Self::Sysusers(_)
            | Self::Tmpfiles(_)
            | Self::UnitState(_) => None,
        }
    }

    /// The source of the entry's content, where it has one.
    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::DropIn(entry) => Some(entry.source()),
            Self::File(entry) => Some(entry.source()),
            Self::Sysusers(entry) => entry.source(),
            Self::Tmpfiles(entry) => entry.source(),
            Self::Tree(entry) => Some(entry.source()),
            Self::Unit(entry) => Some(entry.source()),
            Self::Bin(_)
            | Self::Dir(_)
            | Self::Kargs(_)
            | Self::Packages(_)
            | Self::Remove(_)
            | Self::Run(_)
            | Self::Symlink(_)
            | Self::UnitState(_) => None,
        }
    }
}

impl EntryKind {
    /// The stage whose result the entry is.
    pub(crate) fn stage(&self) -> Option<&Stage> {
        match (self, self.source()) {
            (Self::Bin(bin), _) => bin.given_stage(),
            (_, Some(Source::Stage(stage, _))) => Some(stage),
            _ => None,
        }
    }

    /// Every asset that the entry names.
    pub(crate) fn assets(&self) -> Vec<&Asset> {
        let mut assets: Vec<&Asset> = match self {
            Self::Packages(packages) => packages.assets().collect(),
            Self::Run(run) => run.assets().collect(),
            _ => Vec::new(),
        };
        if let Some(Source::Asset(asset)) = self.source() {
            assets.push(asset);
        }
        assets.extend(self.stage().into_iter().flat_map(Stage::assets));
        assets
    }
}

macro_rules! entry_kinds {
    ($($kind:ident),*) => {$(
        impl From<$kind> for EntryKind {
            fn from(entry: $kind) -> Self {
                Self::$kind(entry)
            }
        }
    )*};
}
entry_kinds!(
    Bin, Dir, DropIn, File, Kargs, Packages, Remove, Run, Symlink, Sysusers, Tmpfiles, Tree, Unit, UnitState
);
