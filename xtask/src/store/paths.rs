//! Names every path that the tool writes: below `target/lapstrake` of a workspace, and the user's cache.

use std::fs;
use std::io;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use super::records::Records;
use crate::support::folder::{PREFIX, TempFolder};
use crate::support::progress::Progress;
use lapstrake_oci::Claim;
use lapstrake_oci::Digest;

/// The variable that names the user's cache.
const CACHE: &str = "LAPSTRAKE_CACHE";

/// The paths of a workspace's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    root: Utf8PathBuf,
    /// Cargo's target directory, if no other checkout uses it.
    unshared: Option<Utf8PathBuf>,
}

impl Paths {
    /// Returns the paths of the workspace at `root` below its target directory.
    ///
    /// A target directory outside of the workspace may belong to several checkouts, so each has a folder of its own
    /// there: an image of one must not take the name of another's.
    pub(crate) fn of(root: &Utf8Path, target: &Utf8Path) -> Self {
        let lapstrake = target.join("lapstrake");
        if !is_shared(root, target) {
            return Self { root: lapstrake, unshared: Some(target.to_owned()) };
        }
        let root = canonical(root);
        let digest = Digest::of(root.as_str().as_bytes()).hex();
        let short = digest.get(..12).expect("a digest has 64 digits");
        let name = root.file_name().unwrap_or("root");
        Self { root: lapstrake.join(format!("{name}-{short}")), unshared: None }
    }

    /// Returns the paths of the store in that folder.
    pub(crate) fn at(root: Utf8PathBuf) -> Self {
        Self { root, unshared: None }
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

    /// Removes the scratch folders of processes that were killed, but not those of [`jobs`](Self::abandoned_jobs).
    pub(super) fn sweep(&self) {
        Claim::sweep(&self.root, &[Scratch::Binaries.prefix()]);
        Claim::sweep(&self.contexts(), &[PREFIX]);
    }

    /// Returns the folders of the jobs of engines whose processes were killed, each with the claim to it.
    pub(crate) fn abandoned_jobs(&self) -> Vec<(Utf8PathBuf, Claim)> {
        Claim::debris(&self.root, &[Scratch::EngineJob.prefix()])
    }

    /// Returns the folders of all jobs of engines.
    pub(crate) fn jobs(&self) -> Vec<Utf8PathBuf> {
        let entries = self.root.read_dir_utf8().into_iter().flatten().flatten();
        let is_job = |entry: &Utf8DirEntry| entry.file_name().starts_with(Scratch::EngineJob.prefix());
        entries.filter(is_job).map(Utf8DirEntry::into_path).collect()
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

    /// Returns the target directory of the inner cargo: the workspace's own, unless that is outside of it. In a
    /// target directory of several checkouts cargo takes a binary of one for another's, because it compares times
    /// and names packages relative to their workspace.
    pub(crate) fn compiled(&self) -> Utf8PathBuf {
        self.unshared.clone().unwrap_or_else(|| self.root.join("cargo"))
    }

    /// Returns cargo's target directory for reproducible builds.
    pub(crate) fn reproducible(&self) -> Utf8PathBuf {
        self.root.join("reproducible")
    }
}

/// Returns whether other checkouts may use the target directory of a workspace too: it is outside of the workspace.
fn is_shared(root: &Utf8Path, target: &Utf8Path) -> bool {
    !canonical(target).starts_with(canonical(root))
}

/// Returns the path without symlinks, as far as it exists.
fn canonical(path: &Utf8Path) -> Utf8PathBuf {
    let found = path.ancestors().find_map(|above| Some((above, above.canonicalize_utf8().ok()?)));
    match found {
        Some((above, found)) => match path.strip_prefix(above) {
            Ok(rest) if !rest.as_str().is_empty() => found.join(rest),
            Ok(_) | Err(_) => found,
        },
        None => path.to_owned(),
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
    pub(crate) fn prefix(self) -> &'static str {
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
    use camino::Utf8Path;

    use super::{Paths, user_cache_of};

    #[test]
    fn checkouts_that_share_a_target_directory_have_a_store_each() {
        let store = |root: &str, target: &str| Paths::of(root.into(), target.into()).root().to_string();
        assert_eq!(store("/w", "/w/target"), "/w/target/lapstrake");
        assert_eq!(store("/w", "/w/build/elsewhere"), "/w/build/elsewhere/lapstrake");
        let (one, other) = (store("/a/w", "/t"), store("/b/w", "/t"));
        assert!(one.starts_with("/t/lapstrake/w-") && other.starts_with("/t/lapstrake/w-"), "{one} {other}");
        assert_ne!(one, other);
        assert_eq!(one, store("/a/w", "/t"));
        assert_eq!(Paths::of("/w".into(), "/w/target".into()).compiled(), "/w/target");
        assert_eq!(Paths::of("/a/w".into(), "/t".into()).compiled(), format!("{one}/cargo"));

        let folder = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap();
        for path in ["shared", "w"] {
            std::fs::create_dir(top.join(path)).unwrap();
        }
        std::os::unix::fs::symlink("../shared", top.join("w/target")).unwrap();
        let linked = Paths::of(&top.join("w"), &top.join("w/target"));
        assert!(
            linked.root().file_name().unwrap().starts_with("w-"),
            "a link leads out of the workspace too"
        );
    }

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
