//! The files of the workspace that a description names, looked at once, before the plan is made: the
//! plan stays pure, and what it says is what is built. Contents are read when layers are written; only
//! unit files are read here, for their `[Install]` sections.

mod scan;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::{Asset, Mode};
use lapstrake_oci::tree::Kind;

use crate::support::explain::Explain;

pub(crate) use scan::{scan, scan_result, scan_result_file};

/// All that a description's sources are, by the asset that names them.
pub(crate) type Sources = BTreeMap<Asset, Result<Scanned, SourceError>>;

/// What an asset turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scanned {
    /// A regular file.
    File(SourceFile),
    /// A directory with all that is in it, by relative path.
    Directory(BTreeMap<String, Kind<SourceFile>>),
}

/// A regular file of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Where it is.
    pub(crate) path: Utf8PathBuf,
    /// Whether its owner may execute it: all that git keeps of a mode.
    pub(crate) executable: bool,
    /// Its text, if it decides what is planned: of a unit, and of public keys.
    pub(crate) text: Option<String>,
    /// Its inode, if that has several names.
    pub(crate) inode: Option<Inode>,
    /// Its mode, if that says more than whether its owner may execute it: it has special bits, or others may not read it
    /// though they may read its directory.
    pub(crate) special_mode: Option<Mode>,
    /// Its file capabilities, as the kernel keeps them.
    pub(crate) capabilities: Option<Vec<u8>>,
    /// Its owner, if another image has the file and it is not root's. A file of the workspace belongs to its author.
    pub(crate) owner: Option<(u32, u32)>,
}

impl SourceFile {
    /// Whether it has more than its content and whether its owner may execute it.
    pub(crate) fn has_more(&self) -> bool {
        self.special_mode.is_some() || self.capabilities.is_some() || self.owner.is_some()
    }
}

/// An inode of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    device: u64,
    number: u64,
}

/// Why an asset can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("`{path}` does not exist")]
    Missing { path: Utf8PathBuf, near: Option<String> },
    #[error("`{path}` lies outside of the workspace `{root}`")]
    Outside { path: Utf8PathBuf, root: Utf8PathBuf },
    #[error("`{path}` is neither a file, a directory nor a symlink")]
    Special { path: Utf8PathBuf },
    #[error("unit `{path}` has more than the limit of 1 MiB")]
    LargeUnit { path: Utf8PathBuf },
    #[error("symlink `{path}` leads to `{target}` in the workspace, which an image does not have")]
    IntoWorkspace { path: Utf8PathBuf, target: Utf8PathBuf },
    #[error("a name in `{path}` is not UTF-8")]
    NotUtf8 { path: Utf8PathBuf },
    #[error("`{path}` can't be read: {reason}")]
    Unreadable { path: Utf8PathBuf, reason: String },
}

impl SourceError {
    fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }
}

impl Explain for SourceError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Missing { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
            Self::Outside { .. } => {
                Some("copy it into the workspace, and name it relative to its root".to_owned())
            }
            Self::IntoWorkspace { path, .. } => Some(format!(
                "put the file itself at `{path}`, or make the link relative to a file of the tree"
            )),
            Self::Special { .. }
            | Self::LargeUnit { .. }
            | Self::NotUtf8 { .. }
            | Self::Unreadable { .. } => None,
        }
    }
}
