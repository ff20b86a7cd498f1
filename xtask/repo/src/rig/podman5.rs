//! `podman5`: the podman of Debian's next release, in a tree of its own that is run by chroot(8). It has its own
//! storage; what it built leaves it by `push` to a folder.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use camino::Utf8Path;

use super::debian::Tree;
use super::error::RigError;
use super::part::{Part, Place};
use super::program;

pub(super) const PART: Part = Part {
    name: "podman5",
    recipe: &[include_str!("debian.rs"), include_str!("podman5.rs"), include_str!("program.rs")],
    make,
};

const TREE: Tree = Tree {
    suite: "trixie",
    security: false,
    packages: &["ca-certificates", "netavark", "podman", "runc"],
    hook: None,
};

fn make(into: &Utf8Path) -> Result<(), RigError> {
    TREE.unpack(into)
}

/// Becomes that podman, in a folder; the rig and the folder are at their own paths. It comes back only if
/// it can't.
pub(super) fn run(place: &Place, directory: &Utf8Path, args: &[String]) -> RigError {
    let directory = match directory.canonicalize_utf8() {
        Ok(directory) => directory,
        Err(source) => return RigError::File { path: directory.to_owned(), source },
    };
    let mut command = Command::new("unshare");
    let script = include_str!("podman5.sh");
    command.args(program::APART).args(["sh", "-eu", "-c", script, "sh"]);
    command.args([&place.of(PART.name), &place.root, &directory]).args(args);
    RigError::Start { program: "unshare", source: command.exec() }
}
