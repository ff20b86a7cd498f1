//! What is known of a regular file of an image's tree.

use std::collections::HashMap;
use std::sync::Arc;

use lapstrake_oci::Digest;
use lapstrake_oci::tree::{Entry, Kind, Tree};
use serde::{Deserialize, Serialize};

use super::elf::Elf;

/// A regular file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum File {
    /// A file of a layer that was read. All names of a hardlinked file share one record.
    Read(Arc<FileFacts>),
    /// A file of a planned layer; the plan has its origin.
    Planned,
}

/// What was kept of a file when its layer was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileFacts {
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    pub(crate) elf: Option<Box<Elf>>,
    /// The content, of the few files that a plan or a check reads.
    pub(crate) text: Option<Arc<str>>,
    /// Whether it is a kernel module by its name that ends without a signature, as far as that is known.
    pub(crate) lacks_signature: bool,
}

/// What is at a path of an image's tree.
pub(crate) type Node<'a> = Entry<'a, File>;

impl File {
    /// Returns the record that all names of a file that was read share.
    pub(super) fn shared(&self) -> Option<&Arc<FileFacts>> {
        match self {
            Self::Read(facts) => Some(facts),
            Self::Planned => None,
        }
    }

    /// Returns the facts of a file that was read.
    pub(crate) fn facts(&self) -> Option<&FileFacts> {
        match self {
            Self::Read(facts) => Some(facts),
            Self::Planned => None,
        }
    }
}

/// Returns the facts of a regular file that was read.
pub(crate) fn facts(kind: &Kind<File>) -> Option<&FileFacts> {
    kind.file()?.facts()
}

/// Drops the texts of files. Those that shared a record share the new one.
pub(super) fn forget<'f>(files: impl Iterator<Item = &'f mut File>) {
    // The old records are kept, so that none has the place of another.
    let mut known: HashMap<_, (Arc<FileFacts>, Arc<FileFacts>)> = HashMap::new();
    for file in files {
        if let File::Read(facts) = file {
            let bare = || Arc::new(FileFacts { text: None, ..(**facts).clone() });
            let (_, bare) = known.entry(Arc::as_ptr(facts)).or_insert_with(|| (Arc::clone(facts), bare()));
            *file = File::Read(Arc::clone(bare));
        }
    }
}

/// The form of a tree in a cache: each file once, with all its names.
#[derive(Serialize, Deserialize)]
pub(super) struct Shared<Facts> {
    files: Vec<Facts>,
    tree: Tree<u32>,
}

impl<'a> Shared<&'a FileFacts> {
    /// Returns the form of a tree in which every file was read; none otherwise.
    pub(super) fn of(tree: &'a Tree<File>) -> Option<Self> {
        let mut files = Vec::new();
        let mut known = HashMap::new();
        let mut number = |file: &'a File| {
            let facts = file.facts()?;
            let number = *known.entry(std::ptr::from_ref(facts)).or_insert_with(|| {
                files.push(facts);
                files.len() - 1
            });
            u32::try_from(number).ok()
        };
        let tree = tree.try_map(|file| number(file).ok_or(())).ok()?;
        Some(Self { files, tree })
    }
}

impl Shared<FileFacts> {
    /// Returns the tree; none where it names a file that is not in the form.
    pub(super) fn into_tree(self) -> Option<Tree<File>> {
        let files: Vec<_> = self.files.into_iter().map(Arc::new).collect();
        let file = |number: &u32| files.get(usize::try_from(*number).ok()?).cloned();
        self.tree.try_map(|number| file(number).map(File::Read).ok_or(())).ok()
    }
}
