//! An image in podman's storage, that is gone when the test is.

use std::path::Path;
use std::process::Command;

use crate::example::Log;
use crate::tree::{Tree, walk};

pub(crate) struct Stored(String);

impl Stored {
    pub(crate) fn named(by: &str) -> Self {
        Self(format!("localhost/lapstrake-real/{by}-{}:latest", std::process::id()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The root filesystem.
    pub(crate) fn tree(&self, log: &Log) -> Tree {
        let at = log.read(Command::new("podman").args(["image", "mount", &self.0]));
        walk(Path::new(at.trim()))
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str, log: &Log) -> String {
        let at = log.read(Command::new("podman").args(["image", "mount", &self.0]));
        let path = Path::new(at.trim()).join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The packages, as the image's own rpm lists them. Keys are no packages.
    pub(crate) fn packages(&self, log: &Log) -> Vec<String> {
        let rpm = ["run", "--rm", "--network=none", &self.0, "rpm", "-qa", "--qf", "%{NEVRA}\\n"];
        let listed = log.read(Command::new("podman").args(rpm));
        let mut packages: Vec<_> =
            listed.lines().filter(|line| !line.starts_with("gpg-pubkey-")).map(str::to_owned).collect();
        packages.sort();
        packages
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        for arguments in [["image", "umount", "--force", &self.0].as_slice(), &["rmi", "--force", &self.0]] {
            drop(Command::new("podman").args(arguments).output());
        }
    }
}
