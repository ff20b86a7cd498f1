//! The user's cargo workspace: its root, its target directory, and the binaries it can build. Read
//! once, from `cargo metadata`; nothing here compiles.

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, PackageId, TargetKind};

use super::cargo_flags::CargoFlags;
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use crate::support::small_map::SmallMap;

/// What the plan needs to know of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// Where the root manifest is; sources and sites are relative to it.
    pub(crate) root: Utf8PathBuf,
    /// Cargo's target directory, absolute, as configuration, environment and command line have it.
    pub(crate) target: Utf8PathBuf,
    /// The packages that are members, by name.
    pub(crate) packages: SmallMap<String, Package>,
    /// The flags with which cargo compiles.
    pub(crate) flags: CargoFlags,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) id: PackageId,
    pub(crate) version: String,
    /// The names of its binary targets.
    pub(crate) bins: Vec<String>,
    /// The features it has.
    pub(crate) features: Vec<String>,
    pub(crate) manifest: Utf8PathBuf,
    /// The folders of what it depends on by path.
    pub(crate) path_dependencies: Vec<Utf8PathBuf>,
}

/// The workspace could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkspaceError {
    #[error(transparent)]
    Cargo(#[from] ProgramError),
    #[error("`cargo metadata` failed\n{stderr}")]
    Metadata { stderr: String },
    #[error("the output of `cargo metadata` can't be parsed")]
    Parse(#[source] cargo_metadata::Error),
}

impl Explain for WorkspaceError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Cargo(source) => source.help(),
            // cargo's own words are in the message.
            Self::Metadata { .. } | Self::Parse(_) => None,
        }
    }
}

impl Workspace {
    /// Reads the workspace that the running xtask belongs to, or, run by hand, the one around the
    /// current directory. `target` is `--target-dir`.
    pub(crate) fn read(target: Option<&Utf8Path>) -> Result<Self, WorkspaceError> {
        let mut command = Program::CARGO.command()?;
        command.args(["metadata", "--format-version=1", "--no-deps"]);
        if let Some(manifest) = std::env::var_os("CARGO_MANIFEST_PATH") {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = Program::CARGO.output_of(&mut command)?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            return Err(WorkspaceError::Metadata { stderr });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let metadata = cargo_metadata::MetadataCommand::parse(text.trim()).map_err(WorkspaceError::Parse)?;
        let mut workspace = Self::of(metadata);
        if let Some(target) = target {
            let here = std::env::current_dir().ok().and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
            workspace.target = here.unwrap_or_else(|| workspace.root.clone()).join(target);
        }
        Ok(workspace)
    }

    fn of(metadata: Metadata) -> Self {
        let packages = metadata.packages.into_iter().map(|package| {
            let bins = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bin));
            let bins = bins.map(|target| target.name.clone()).collect();
            let features = package.features.into_keys().collect();
            let version = package.version.to_string();
            let path_dependencies = package.dependencies.into_iter().filter_map(|known| known.path).collect();
            let (id, manifest) = (package.id, package.manifest_path);
            let package_of = Package { id, version, bins, features, manifest, path_dependencies };
            (package.name.to_string(), package_of)
        });
        Self {
            packages: packages.collect(),
            flags: CargoFlags::read(&metadata.workspace_root),
            root: metadata.workspace_root,
            target: metadata.target_directory,
        }
    }
}
