//! A file or directory of a layer below, at another path.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{ImagePath, Text};

/// A file, a symlink, or a directory with its content that is below its layer, at another path: of the base, of its
/// packages, or of a layer of this image.
///
/// Modes, owners, extended attributes and hardlinks are those of the source. A symlink is copied as it is; symlinks
/// among the parents of the source are followed. Nothing runs for it. A directory that exists at the new path gets
/// the content of the source as well. A unit at its new path can be enabled in the same layer.
///
/// ```
/// use lapstrake::{Layer, entry::Copied};
///
/// let defaults = Copied::of("/etc/chrony.conf", "/usr/share/defaults/chrony.conf");
/// let off = Copied::renamed("/etc/yum.repos.d/vendor.repo", "/etc/yum.repos.d/vendor.repo.off");
/// assert!(off.is_renamed && !defaults.is_renamed);
/// Layer::new("platform").with(defaults).with(off);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a copy is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Copied {
    /// The path of the source, before the layer's files.
    pub from: Parsed<ImagePath>,
    /// The new path.
    pub at: Parsed<ImagePath>,
    /// Whether the source is removed.
    pub is_renamed: bool,
    /// The names of the checks whose findings about the copy are accepted.
    pub allowed: Vec<Parsed<String>>,
}

impl Copied {
    /// Copies what is at `from` to `at`, as `cp -a -T from at` does.
    #[track_caller]
    pub fn of(from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        Self { from: Parsed::new(from), at: Parsed::new(at), is_renamed: false, allowed: Vec::new() }
    }

    /// Moves what is at `from` to `at`, as `mv -T from at` does. In the OCI layer it is a copy and a whiteout.
    #[track_caller]
    pub fn renamed(from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        Self { is_renamed: true, from: Parsed::new(from), at: Parsed::new(at), allowed: Vec::new() }
    }

    /// Accepts the findings that a check makes about the copy. It may be called more than once.
    ///
    /// ```
    /// # use lapstrake::entry::Copied;
    /// let copy = Copied::of("/usr/bin/sudo", "/usr/libexec/sudo").allow("setuid");
    /// assert_eq!(copy.allowed[0], "setuid");
    /// ```
    #[track_caller]
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(Parsed::of(Ok(check.into())));
        self
    }
}

faults!(Copied { from, at, allowed; is_renamed });
