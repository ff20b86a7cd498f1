//! The name of a file or directory of the workspace. It must not open the file.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

/// A file or directory beside the description, named by `asset!("deploy/sensord.toml")`: its path, and the
/// workspace that it belongs to, if another workspace builds.
///
/// The root of the workspace that builds is known when the tool runs, because a workspace can be moved or copied
/// after its tool was compiled. A library of descriptions from elsewhere brings its own files.
///
/// ```
/// use lapstrake::value::Asset;
///
/// let ours = Asset::from("deploy/sensord.toml");
/// let theirs = Asset::in_workspace("/src/vendor", "deploy/sensord.toml");
/// assert_eq!(ours.path(), theirs.path());
/// assert_ne!(ours, theirs);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    root: Option<Utf8PathBuf>,
    path: Utf8PathBuf,
}

impl Asset {
    /// An asset of the workspace that builds the image; `path` is relative to its root.
    ///
    /// ```
    /// # use lapstrake::value::Asset;
    /// assert_eq!(Asset::new("deploy/motd").root(), None);
    /// ```
    pub fn new(path: impl Into<Utf8PathBuf>) -> Self {
        Self { root: None, path: path.into() }
    }

    /// Returns an asset of the workspace at `root`, which is relative to the workspace that builds. `asset!`
    /// expands to this in a crate that does not belong to the workspace that builds.
    ///
    /// ```
    /// # use lapstrake::value::Asset;
    /// let asset = Asset::in_workspace("/src/vendor", "deploy/motd");
    /// assert_eq!(asset.root().unwrap().join(asset.path()), "/src/vendor/deploy/motd");
    /// ```
    pub fn in_workspace(root: impl Into<Utf8PathBuf>, path: impl Into<Utf8PathBuf>) -> Self {
        Self { root: Some(root.into()), path: path.into() }
    }

    /// Returns the root of the workspace that the asset belongs to, or `None` for the workspace that builds.
    ///
    /// ```
    /// # use lapstrake::value::Asset;
    /// assert_eq!(Asset::in_workspace("/src/vendor", "deploy/motd").root().unwrap(), "/src/vendor");
    /// ```
    pub fn root(&self) -> Option<&Utf8Path> {
        self.root.as_deref()
    }

    /// The path as it was written, relative to the root; nothing checks that it exists.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }
}

impl From<&str> for Asset {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for Asset {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}
