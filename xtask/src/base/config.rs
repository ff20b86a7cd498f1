//! What the config of a base states beside its layers (OCI image spec, config.md; Docker's adds `OnBuild`). It decides
//! nothing about an image on the base.

use std::collections::BTreeSet;

use lapstrake::value::ImagePath;
use serde_json::Value;

use super::Base;

impl Base {
    /// Returns the value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.execution("Labels")?.get(key)?.as_str()
    }

    /// Returns the user, if the config names one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.execution("User")?.as_str().filter(|user| !user.is_empty())
    }

    /// Returns the instructions that `podman build` runs first in an image on this base (Containerfile(5), `ONBUILD`).
    pub(crate) fn triggers(&self) -> Vec<&str> {
        let listed = self.execution("OnBuild").and_then(Value::as_array);
        listed.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Returns the paths that `podman build` restores after each `RUN` (Containerfile(5), `VOLUME`).
    pub(crate) fn volumes(&self) -> BTreeSet<ImagePath> {
        let listed = self.execution("Volumes").and_then(Value::as_object);
        listed.into_iter().flatten().filter_map(|(path, _)| absolute(path)).collect()
    }

    /// Returns the working directory, if the config names one.
    pub(crate) fn working_directory(&self) -> Option<ImagePath> {
        absolute(self.execution("WorkingDir")?.as_str()?)
    }

    fn execution(&self, key: &str) -> Option<&Value> {
        self.config.get("config")?.get(key)
    }
}

/// Returns a path as a process in the image finds it from `/`. None for a text that is not a path, and for the root.
fn absolute(path: &str) -> Option<ImagePath> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    if names.is_empty() { None } else { ImagePath::parse(&format!("/{}", names.join("/"))).ok() }
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn a_path_of_a_config_is_read_as_a_process_reads_it() {
        let read = |path| absolute(path).map(|path| path.to_string());
        for (path, found) in [("/srv/app/", "/srv/app"), ("srv//app", "/srv/app"), ("/a/./b/../c", "/a/c")] {
            assert_eq!(read(path).as_deref(), Some(found), "{path}");
        }
        for path in ["", "/", "..", "/a\0b"] {
            assert_eq!(read(path), None, "{path:?}");
        }
    }
}
