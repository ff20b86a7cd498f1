//! `builder`: an image that compiles Rust and C, for what has to be built against the base's own glibc.

use camino::Utf8Path;

use super::debian::Tree;
use super::error::RigError;
use super::layout::{self, Config};
use super::part::{self, Part};
use super::program;

pub(super) const PART: Part = Part {
    name: "builder",
    recipe: &[
        include_str!("builder.rs"),
        include_str!("builder.sh"),
        include_str!("debian.rs"),
        include_str!("layout.rs"),
        include_str!("program.rs"),
    ],
    make,
};

const TREE: Tree = Tree {
    suite: "bookworm",
    security: true,
    // The newest Rust of a release has the browser's packages: `rustc` itself stays as it was released.
    packages: &["cargo-web", "gcc", "libc6-dev", "make", "rustc-web"],
    hook: None,
};

fn make(into: &Utf8Path) -> Result<(), RigError> {
    let tree = part::scratch(into, "tree");
    TREE.unpack(&tree)?;
    program::script(include_str!("builder.sh"), [tree.as_str()])?;
    layout::write(&tree, into, &Config { tag: "rust", labels: &[], command: "/bin/sh" })
}
