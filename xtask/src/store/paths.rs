//! Names every path that the tool writes: below `target/lapstrake` of a workspace, and the user's cache.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::debris::sweep;
use super::records::Records;
use crate::support::folder::TempFolder;
use crate::support::progress::Progress;

/// The variable that names the user's cache.
const CACHE: &str = "LAPSTRAKE_CACHE";

/// The paths of a workspace's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    root: Utf8PathBuf,
}

impl Paths {
    /// Returns the paths below a target directory of cargo.
    pub(crate) fn of(target: &Utf8Path) -> Self {
        Self { root: target.join("lapstrake") }
    }

    /// Returns the folder of everything else.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Creates a folder for files that this process removes again.
    pub(crate) fn scratch(&self, purpose: Scratch) -> io::Result<TempFolder> {
        fs::create_dir_all(&self.root)?;
        TempFolder::create_in(&self.root, purpose.prefix())
    }

    /// Removes the scratch folders of processes that were killed.
    pub(super) fn sweep(&self) {
        let prefixes = [Scratch::Binaries, Scratch::EngineJob].map(Scratch::prefix);
        sweep(&self.root, &prefixes);
    }

    /// Returns the OCI layout of all images.
    pub(super) fn layout(&self) -> Utf8PathBuf {
        self.root.join("oci")
    }

    /// Returns the records of the store.
    pub(crate) fn records(&self, progress: &Progress) -> Records {
        Records::at(self.root.join("records"), progress)
    }

    /// Returns the folder of what build stages compiled.
    pub(super) fn stages(&self) -> Utf8PathBuf {
        self.root.join("stages")
    }

    /// Returns the folder of what earlier boots left for later ones.
    pub(crate) fn boot(&self) -> Utf8PathBuf {
        self.root.join("boot")
    }

    /// Returns the folder of emitted contexts.
    pub(crate) fn contexts(&self) -> Utf8PathBuf {
        self.root.join("context")
    }

    /// Returns cargo's target directory for reproducible builds.
    pub(crate) fn reproducible(&self) -> Utf8PathBuf {
        self.root.join("reproducible")
    }
}

/// What a folder is for that exists during a build only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scratch {
    /// Binaries that a later invocation of cargo overwrites.
    Binaries,
    /// The context of an engine layer or of a build stage.
    EngineJob,
}

impl Scratch {
    fn prefix(self) -> &'static str {
        match self {
            Self::Binaries => ".binaries-",
            Self::EngineJob => ".engine-",
        }
    }
}

/// Returns the path of the user's cache: `$LAPSTRAKE_CACHE`, else `$XDG_CACHE_HOME/lapstrake`, else
/// `~/.cache/lapstrake`. Returns `None` if no variable names a place.
pub(crate) fn user_cache() -> Option<Utf8PathBuf> {
    user_cache_of(|name| std::env::var(name).ok())
}

fn user_cache_of(variable: impl Fn(&str) -> Option<String>) -> Option<Utf8PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    // The XDG base directory specification ignores relative paths.
    let xdg = || path("XDG_CACHE_HOME").filter(|path| path.is_absolute()).map(|path| path.join("lapstrake"));
    let home = || path("HOME").map(|path| path.join(".cache/lapstrake"));
    path(CACHE).or_else(xdg).or_else(home)
}

#[cfg(test)]
mod tests {
    use super::user_cache_of;

    #[test]
    fn the_first_variable_that_names_a_place_decides() {
        let cache = |variables: &[(&str, &str)]| {
            let value = |name: &str| variables.iter().find(|(known, _)| *known == name);
            user_cache_of(|name| value(name).map(|(_, value)| (*value).to_owned())).map(String::from)
        };
        let home = ("HOME", "/home/user");
        assert_eq!(cache(&[home]).as_deref(), Some("/home/user/.cache/lapstrake"));
        assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/cache")]).as_deref(), Some("/cache/lapstrake"));
        assert_eq!(
            cache(&[home, ("XDG_CACHE_HOME", "cache")]).as_deref(),
            Some("/home/user/.cache/lapstrake")
        );
        assert_eq!(cache(&[home, ("LAPSTRAKE_CACHE", "/own")]).as_deref(), Some("/own"));
        assert_eq!(cache(&[("LAPSTRAKE_CACHE", "")]), None);
    }
}
