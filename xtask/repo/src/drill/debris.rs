//! Finds what a killed, crowded or failed build has left: temporary files, contexts, processes, and in podman's storage
//! containers, images and the secret of a step.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::Result;
use crate::project::{Project, run_to_end};

/// The secret that steps write for a moment.
pub(super) const TOKEN: &str = "drill-token-1c0f57a28d";

/// How the temporary files of podman, buildah and the tool begin. A linker that is killed leaves files of its own.
const ENGINES_AND_TOOL: [&str; 5] = [".", "buildah", "podman", "libpod", "storage"];

/// Where a drill works.
pub(super) struct Places {
    /// The folder of the workspace.
    pub(super) root: Utf8PathBuf,
    /// Cargo's target directory.
    pub(super) target: Utf8PathBuf,
    pub(super) cache: Utf8PathBuf,
    /// `TMPDIR`.
    pub(super) temporary: Utf8PathBuf,
    /// The storage of podman and buildah.
    pub(super) storage: Utf8PathBuf,
}

impl Places {
    pub(super) fn store(&self) -> Utf8PathBuf {
        self.target.join("lapstrake")
    }

    /// Returns what is left, a line each.
    pub(super) fn debris(&self, project: &Project<'_>) -> Result<Vec<String>> {
        let (store, layout) = (self.store(), self.store().join("oci"));
        let mut found = Vec::new();
        for (folder, prefixes) in [
            (self.root.clone(), &[".lapstrake"][..]),
            (self.root.join("out"), &["."]),
            (store.clone(), &[".engine-", ".binaries-", ".lapstrake-"]),
            (layout.clone(), &[".index.json", ".oci-layout"]),
            (layout.join(".partial"), &[""]),
            (store.join("records/.partial"), &[""]),
            (self.cache.join(".partial"), &[""]),
            (self.cache.join("records/.partial"), &[""]),
            (self.temporary.clone(), &ENGINES_AND_TOOL),
        ] {
            let names = names(&folder).into_iter();
            let left = names.filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)));
            found.extend(left.map(|name| folder.join(name).into_string()));
        }
        found.extend(self.processes());
        found.extend(self.stored(project)?);
        Ok(found)
    }

    /// Returns the processes that work in the store or belong to a container of the storage.
    fn processes(&self) -> Vec<String> {
        let store = self.store();
        let works_there = |process: &String| {
            let folder = fs::read_link(format!("/proc/{process}/cwd"));
            folder.is_ok_and(|folder| folder.starts_with(&store) || folder.starts_with(&self.storage))
        };
        let all = names(Utf8Path::new("/proc")).into_iter().filter(|name| name.parse::<u32>().is_ok());
        all.filter(works_there).map(|process| format!("process {process}")).collect()
    }

    fn stored(&self, project: &Project<'_>) -> Result<Vec<String>> {
        if !self.storage.exists() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for (what, arguments) in [
            ("image", ["images", "--all", "--format", "{{.ID}} {{.Repository}}"].as_slice()),
            ("container", &["ps", "--all", "--external", "--format", "{{.ID}} {{.Names}}"]),
        ] {
            let mut command = Command::new("podman");
            let listed = run_to_end(project.with_env(command.args(arguments)))?;
            // It fails at an image that was written in part.
            let text = if listed.status.success() { listed.stdout } else { listed.stderr };
            found.extend(String::from_utf8_lossy(&text).lines().map(|line| format!("{what} {line}")));
        }
        let layers = self.storage.join("graph/overlay");
        let mut grep = Command::new("grep");
        grep.args(["--recursive", "--files-with-matches", "--fixed-strings", TOKEN]).arg(layers);
        let leaked = String::from_utf8_lossy(&grep.output()?.stdout).into_owned();
        found.extend(leaked.lines().map(|path| format!("secret in {path}")));
        Ok(found)
    }
}

/// Returns the names in a folder, which may be missing.
pub(super) fn names(folder: &Utf8Path) -> Vec<String> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_owned()).collect()
}
