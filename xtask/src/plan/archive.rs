//! What is in the archives that trees are taken from. A plan is pure: it names the archives that it needs, and is made
//! again once they are read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lapstrake::Site;
use lapstrake_oci::Digest;
use serde::{Deserialize, Serialize};

use super::fetched::Fetched;
use crate::support::small_map::SmallMap;

/// The members of an archive, by their names without `./` and without a slash at the end. What is above a member is a
/// directory, or is not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archive {
    pub(crate) members: BTreeMap<String, ArchiveMember>,
    /// The names that it has more than once. Of those, the last counts.
    pub(crate) repeated: BTreeSet<String>,
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ArchiveMember {
    Directory {
        mode: u32,
    },
    File(ArchiveFile),
    Symlink {
        target: String,
    },
    /// What no image can have, in words.
    Special {
        what: String,
    },
}

/// A regular file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArchiveFile {
    pub(crate) mode: u32,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    pub(crate) has_capabilities: bool,
    /// What the names of a hardlinked file have in common.
    pub(crate) inode: Option<u32>,
    /// Its text, if it may decide what is planned or checked.
    pub(crate) text: Option<Arc<str>>,
}

/// A file of an archive that is in a layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Unpacked {
    pub(crate) archive: Fetched,
    /// Its name in the archive.
    pub(crate) path: String,
    pub(crate) digest: Digest,
    /// In bytes.
    pub(crate) size: u64,
    #[serde(skip)]
    pub(crate) text: Option<Arc<str>>,
}

/// An archive that a plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedArchive {
    pub(crate) file: Fetched,
    pub(crate) site: Site,
}

/// States why an archive can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// What is known of an archive: what is in it, or why it can't be used.
type Known = Result<Arc<Archive>, Unusable>;

/// The archives that were looked at, and those that a plan needs.
#[derive(Debug, Default)]
pub(crate) struct Archives {
    known: RefCell<SmallMap<Fetched, Known>>,
    wanted: RefCell<Vec<WantedArchive>>,
}

impl Archives {
    /// Returns what is known of an archive, if it was looked at.
    pub(super) fn known(&self, file: &Fetched) -> Option<Known> {
        self.known.borrow().get(file).cloned()
    }

    /// Returns what is known of an archive. If it was not looked at, notes that it is wanted.
    pub(super) fn get(&self, file: Fetched, site: Site) -> Option<Known> {
        let known = self.known(&file);
        if known.is_none() {
            self.wanted.borrow_mut().push(WantedArchive { file, site });
        }
        known
    }

    /// Returns how many archives have to be looked at before the plan can be made.
    pub(super) fn count_wanted(&self) -> usize {
        self.wanted.borrow().len()
    }

    /// Takes the archives that have to be looked at before the plan can be made.
    pub(crate) fn take_wanted(&self) -> Vec<WantedArchive> {
        self.wanted.take()
    }

    /// Keeps what is known of an archive.
    pub(crate) fn add(&self, file: Fetched, archive: Result<Archive, Unusable>) {
        self.known.borrow_mut().insert(file, archive.map(Arc::new));
    }
}
