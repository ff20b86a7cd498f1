//! What would be built: every layer, every inode in it, every command of cargo, before anything has
//! happened. A plan is made from values alone and is total: what can go wrong with a description has
//! gone wrong here.

mod compile;
mod destination;
mod enablement;
mod labels;
mod merged;
mod own_units;
mod place;
mod render;
mod resolve;
mod stage;
mod step;
mod transaction;
mod whiteout;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use lapstrake::Site;
use lapstrake::value::{Architecture, ImageName, ImagePath, LabelKey, LayerName, Reference};
use serde::Serialize;

use lapstrake_oci::Digest;
pub(crate) use lapstrake_oci::tar::Inode;

pub(crate) use compile::{CargoOptions, Invocation};
pub(crate) use render::render;
pub(crate) use resolve::{Laid, Resolved, resolve};
pub(crate) use stage::{Builder, Builders, Compiled, PlannedBuildStage, Product};
pub(crate) use step::{ContextFile, PlannedRun, PlannedSecret, SecretFrom};
pub(crate) use transaction::{DISCARDED, FOLDER, MOUNTED, PackageTool, REPOSITORY_FOLDERS, Transaction};

/// The version of the plan's JSON form; it grows when a field changes its meaning or goes away.
pub(crate) const SCHEMA: u32 = 1;

/// One image, resolved against its workspace and its base.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Plan {
    pub(crate) name: ImageName,
    pub(crate) site: Site,
    pub(crate) version: Option<String>,
    pub(crate) repository: Option<Reference>,
    pub(crate) base: PlannedBase,
    pub(crate) labels: BTreeMap<LabelKey, String>,
    pub(crate) compile: Vec<Invocation>,
    /// What is compiled in images of its own, by an engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stages: Vec<PlannedBuildStage>,
    pub(crate) layers: Vec<PlannedLayer>,
}

/// The base that the plan was made for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedBase {
    pub(crate) site: Site,
    pub(crate) reference: String,
    pub(crate) digest: Digest,
    pub(crate) architecture: Architecture,
    /// The config's `User`, as whom a Containerfile's RUN would run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

/// One layer: first its packages' transaction, then its removals, then its members, then its run steps.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedLayer {
    pub(crate) name: LayerName,
    pub(crate) site: Site,
    /// Whether its files are laid over what a step made, so that not all of what lies below is known.
    #[serde(skip)]
    pub(crate) unseen: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction: Option<Transaction>,
    pub(crate) removals: BTreeMap<ImagePath, Removal>,
    /// Paths that a whiteout hides from the layers below. More than the removals where a removed
    /// directory comes back: what it held is then hidden name by name, for an opaque one is unsafe.
    pub(crate) whiteouts: BTreeSet<ImagePath>,
    /// Every inode of the layer, parents before children.
    pub(crate) members: BTreeMap<ImagePath, Member>,
    pub(crate) runs: Vec<PlannedRun>,
    /// Directories that an engine makes to mount something at, and that nothing which is known here has.
    #[serde(skip)]
    pub(crate) mount_points: BTreeSet<ImagePath>,
    /// What the steps read of the build context and the layer does not hold, by its path below the layer's
    /// own folder there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) context: BTreeMap<String, ContextFile>,
}

impl Plan {
    /// How many layers, from the lowest, an engine has to do with: up to the last in which something
    /// runs. What follows is laid on them natively.
    pub(crate) fn prefix(&self) -> usize {
        self.layers.iter().rposition(PlannedLayer::needs_engine).map_or(0, |last| last + 1)
    }
}

impl PlannedLayer {
    /// Whether something has to run inside the image.
    pub(crate) fn needs_engine(&self) -> bool {
        self.transaction.is_some() || !self.runs.is_empty()
    }

    /// Whether a step of the layer reaches the network.
    pub(crate) fn wants_network(&self) -> bool {
        self.transaction.is_some() || self.runs.iter().any(|run| run.network)
    }

    /// Whether its steps keep caches and logs that nobody asked for.
    pub(crate) fn leaves_caches(&self) -> bool {
        self.transaction.is_some()
    }

    /// The secrets that its steps read.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &PlannedSecret> {
        self.runs.iter().flat_map(|run| &run.secrets)
    }

    /// Whether a stage makes something that the layer holds.
    pub(crate) fn is_compiled(&self) -> bool {
        let mut contents = self.members.values().map(|member| &member.content);
        contents.any(|content| matches!(content, Content::File { from: Origin::Compiled(_) }))
    }

    /// The binaries of cargo that the layer holds.
    pub(crate) fn artefacts(&self) -> impl Iterator<Item = &Artefact> {
        self.members.values().filter_map(|member| match &member.content {
            Content::File { from: Origin::Artefact(artefact) } => Some(artefact),
            _ => None,
        })
    }

    /// The members that an entry asked for, without the parents that they need.
    pub(crate) fn described(&self) -> impl Iterator<Item = (&ImagePath, &Member)> {
        self.members.iter().filter(|(_, member)| member.site.is_some())
    }
}

/// A path that is taken away from what lies below.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Removal {
    pub(crate) site: Site,
}

/// One inode of a layer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Member {
    #[serde(flatten)]
    pub(crate) inode: Inode,
    #[serde(flatten)]
    pub(crate) content: Content,
    /// Where it was described; none for a parent directory that is there because a child needs it.
    pub(crate) site: Option<Site>,
    /// The checks whose findings here are accepted, and where that is said. It is not part of the layer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) allowed: BTreeMap<String, Site>,
}

/// What kind of inode it is, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub(crate) enum Content {
    Directory,
    Symlink { target: String },
    File { from: Origin },
}

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Origin {
    /// A file of the host: its path as the description names it, and where it is.
    Asset {
        path: Utf8PathBuf,
        #[serde(skip)]
        host: Utf8PathBuf,
    },
    /// A binary that one of the plan's cargo invocations makes.
    Artefact(Artefact),
    /// Text of the description.
    Text(String),
    /// What one of the plan's stages makes.
    Compiled(Compiled),
}

/// A binary of cargo's, before it is built: which target of which package, by which invocation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Artefact {
    pub(crate) package: String,
    pub(crate) bin: String,
    /// The index of the invocation in the plan.
    pub(crate) invocation: usize,
}
