//! The packages outside of the workspace that a build compiles from their folders: dependencies by path, and patches.

use std::collections::{HashMap, HashSet};

use camino::Utf8PathBuf;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, PackageId};

use super::environment;
use super::reproducible::ProbeError;
use crate::plan::Invocation;
use crate::project::workspace::Workspace;
use crate::support::program::Program;

/// The options of the command line that decide how cargo resolves dependencies.
const RESOLVING: [&str; 3] = ["--locked", "--offline", "--frozen"];

/// A package outside of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OutsidePackage {
    pub(super) folder: Utf8PathBuf,
    /// Name and version.
    pub(super) name: String,
}

/// Returns the packages outside of the workspace that an invocation compiles.
pub(super) fn packages(
    invocation: &Invocation,
    workspace: &Workspace,
    passed: &[String],
) -> Result<Vec<OutsidePackage>, ProbeError> {
    let mut command = Program::CARGO.command()?;
    environment::inherit(&mut command, &workspace.target);
    command.args(["metadata", "--format-version=1", "--quiet"]);
    command.args(passed.iter().filter(|option| RESOLVING.contains(&option.as_str())));
    let output = Program::CARGO.output_of(command.current_dir(&workspace.root))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ProbeError::Failed { stderr });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let metadata = MetadataCommand::parse(text.trim()).map_err(ProbeError::Metadata)?;
    let built = workspace
        .packages
        .iter()
        .filter(|(name, package)| invocation.packages.contains(&format!("{name}@{}", package.version)));
    let compiled = compiled(&metadata, built.map(|(_, package)| package.id.clone()).collect());
    let outside = metadata.packages.into_iter().filter(|package| {
        package.source.is_none()
            && !package.manifest_path.starts_with(&workspace.root)
            && compiled.contains(&package.id)
    });
    let named = outside.filter_map(|package| {
        let name = format!("{}-{}", package.name, package.version);
        Some(OutsidePackage { folder: package.manifest_path.parent()?.to_owned(), name })
    });
    let mut named: Vec<_> = named.collect();
    named.sort();
    Ok(named)
}

/// Returns the packages that are compiled into some packages, and these.
fn compiled(metadata: &Metadata, mut next: Vec<PackageId>) -> HashSet<PackageId> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: HashMap<&PackageId, &Node> = nodes.map(|node| (&node.id, node)).collect();
    let mut found = HashSet::new();
    while let Some(id) = next.pop() {
        let dependencies = nodes.get(&id).into_iter().flat_map(|node| &node.deps);
        let normal = dependencies
            .filter(|of| of.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal))
            .map(|of| of.pkg.clone());
        if found.insert(id) {
            next.extend(normal);
        }
    }
    found
}
