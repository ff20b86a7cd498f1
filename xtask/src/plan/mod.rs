//! What would be built: every layer, every inode in it, every command of cargo, before anything has
//! happened. A plan is made from values alone and is total: what can go wrong with a description has
//! gone wrong here.

mod account;
mod archive;
mod archive_links;
mod base_config;
mod below;
mod certificate;
mod changed_units;
mod compile;
mod copied;
mod copied_from;
mod destination;
mod directory_metadata;
mod document;
mod edit;
mod embedded;
mod enablement;
mod execution;
mod fetched;
mod kernel;
mod kernel_module;
mod labels;
mod lower_texts;
mod mount_points;
mod origin_key;
mod own_accounts;
mod own_units;
mod package_limits;
mod package_state;
mod package_tool;
mod packages;
mod password_hash;
mod place;
mod place_archive;
mod place_tree;
mod platform;
mod quadlet;
mod read_file;
mod render;
mod resolve;
mod selinux;
mod site;
mod source_mode;
mod stage;
mod stage_trees;
mod step;
mod step_order;
mod template;
mod transaction;
mod unit_states;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use camino::Utf8PathBuf;
use lapstrake::Site;
use lapstrake::value::{Architecture, ImageName, ImagePath, LabelKey, LayerName, Reference};
use serde::Serialize;

use lapstrake_oci::Digest;
use lapstrake_oci::tree::{Kind, Metadata, Tree};

use crate::base::File;
use crate::project::cargo_flags::CargoFlags;
use crate::support::small_map::SmallMap;

pub(crate) use archive::{Archive, ArchiveFile, ArchiveMember, Archives, Unpacked, Unusable, WantedArchive};
pub(crate) use compile::{CargoOptions, Invocation};
pub(crate) use execution::Execution;
pub(crate) use fetched::Fetched;
pub(crate) use lower_texts::{LowerTexts, WantedText};
pub(crate) use package_state::line as state_line;
pub(crate) use package_tool::PackageTool;
pub(crate) use password_hash::{NotAHash, SecretHash, refused_hash};
pub(crate) use read_file::ReadFile;
pub(crate) use render::{Forecast, LastBuild, Mark, render, render_layers};
pub(crate) use resolve::{KnownTree, Resolved, Shared, resolve};
pub(crate) use stage::{Builder, Builders, Compiled, PlannedBuildStage, Product};
pub(crate) use stage_trees::StageTrees;
pub(crate) use step::{ContextFile, PlannedRun, PlannedSecret, SecretFrom};
pub(crate) use transaction::{DISCARDED, FOLDER, MOUNTED, OWN_FILES, REPOSITORY_FOLDERS, Transaction};

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
    /// What it changes in the config of its base for containers.
    #[serde(skip_serializing_if = "Execution::is_empty")]
    pub(crate) execution: Execution,
    /// The checks whose findings about the image as a whole are accepted, and where that is stated. It is not part of
    /// the image.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) allowed: BTreeMap<String, Site>,
    pub(crate) compile: Vec<Invocation>,
    /// Whether a line of sysusers.d is invalid, so that an account may be missing for that reason.
    #[serde(skip)]
    pub(crate) lacks_accounts: bool,
    /// The flags with which cargo compiles.
    #[serde(skip)]
    pub(crate) flags: CargoFlags,
    /// What is compiled in images of its own, by an engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stages: Vec<PlannedBuildStage>,
    /// The images of a run share equal layers.
    #[serde(serialize_with = "document::layers")]
    pub(crate) layers: Vec<Arc<PlannedLayer>>,
    /// The tree that the layers make on the base, each node with the number of the layer that put it there;
    /// those of the base come first.
    #[serde(skip)]
    pub(crate) tree: Tree<File>,
    /// What can only be decided when an engine has built the layers below. Empty once it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) undecided: Vec<Undecided>,
}

/// A statement of the description that depends on files which an engine has not made yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Undecided {
    /// The statement, as an error names it.
    pub(crate) what: String,
    pub(crate) site: Site,
    /// The highest layer below whose files are not known.
    pub(crate) layer: LayerName,
}

/// The base that the plan was made for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedBase {
    pub(crate) site: Site,
    pub(crate) reference: String,
    pub(crate) digest: Digest,
    pub(crate) architecture: Architecture,
    /// How many layers it has.
    #[serde(skip)]
    pub(crate) layers: usize,
    /// The config's `User`, as whom a Containerfile's RUN would run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

/// A part of a layer of the description, and most often all of it: first its packages' transaction, then its
/// removals, then its members, then its run steps.
///
/// What depends on the files of an engine's step is a part of its own, which is planned on the tree with those
/// files. The parts of a layer are one layer of the OCI image.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedLayer {
    pub(crate) name: LayerName,
    pub(crate) site: Site,
    /// Whether it is a further part of the layer before it, in the same OCI layer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) continues: bool,
    /// Whether its files are written over what a step made, so that not all of what lies below is known.
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
    /// The checks whose findings about the files of its packages and steps are accepted, and where that is stated.
    /// It is not part of the layer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) allowed: BTreeMap<String, Site>,
    /// Directories that an engine makes to mount something at, or ldconfig for itself, and that nothing which is known
    /// here has.
    #[serde(skip)]
    pub(crate) mount_points: BTreeSet<ImagePath>,
    /// Directories of the image that an engine mounts something over.
    #[serde(skip)]
    pub(crate) mounted_over: SmallMap<ImagePath, Metadata>,
    /// What the steps read of the build context and the layer does not hold, by its path below the layer's
    /// own folder there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "document::context")]
    pub(crate) context: BTreeMap<String, Kind<ContextFile>>,
}

impl Plan {
    /// Returns how many parts of layers, from the lowest, are built before the plan is final: up to the last in
    /// which something runs.
    pub(crate) fn prefix(&self) -> usize {
        self.layers.iter().rposition(|layer| layer.needs_engine()).map_or(0, |last| last + 1)
    }

    /// Returns the end of the parts that are built next on the `built` lowest ones: after the next in which
    /// something runs. None, where nothing runs above them.
    pub(crate) fn next_engine_part(&self, built: usize) -> Option<usize> {
        let above = self.layers.get(built..)?;
        above.iter().position(|layer| layer.needs_engine()).map(|next| built + next + 1)
    }

    /// Returns how many OCI layers the `parts` lowest parts fill to the last.
    pub(crate) fn whole_layers(&self, parts: usize) -> usize {
        let is_last = |part: &usize| self.layers.get(part + 1).is_none_or(|next| !next.continues);
        (0..parts.min(self.layers.len())).filter(is_last).count()
    }
}

impl PlannedLayer {
    /// Whether something has to run inside the image.
    pub(crate) fn needs_engine(&self) -> bool {
        self.transaction.is_some() || !self.runs.is_empty()
    }

    /// Returns the place of what runs in it: its packages, or its first step.
    pub(crate) fn step_site(&self) -> Site {
        let packages = self.transaction.as_ref().map(|transaction| transaction.site);
        packages.or(self.runs.first().map(|run| run.site)).unwrap_or(self.site)
    }

    /// Whether a step of the layer reaches the network.
    pub(crate) fn wants_network(&self) -> bool {
        self.transaction.is_some() || self.runs.iter().any(|run| run.network)
    }

    /// The secrets that its steps read, and those that are the content of its files.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &PlannedSecret> {
        self.read_secrets().chain(self.secret_hashes().map(|(_, hash, _)| &hash.secret))
    }

    /// The secrets that its steps read, and that no file of it may have.
    pub(crate) fn read_secrets(&self) -> impl Iterator<Item = &PlannedSecret> {
        self.runs.iter().flat_map(|run| &run.secrets)
    }

    /// The files of the layer whose content is a secret.
    pub(crate) fn secret_hashes(&self) -> impl Iterator<Item = (&ImagePath, &SecretHash, &Metadata)> {
        self.members.iter().filter_map(|(path, member)| match &member.kind {
            Kind::File(Origin::SecretHash(hash)) => Some((path, hash, &member.metadata)),
            _ => None,
        })
    }

    /// Whether a stage makes something that the layer holds or installs.
    pub(crate) fn is_compiled(&self) -> bool {
        let held = self.members.values().filter_map(|member| member.kind.file());
        let read = self.context.values().filter_map(|file| file.file().map(|file| &file.from));
        held.chain(read).any(|origin| matches!(origin, Origin::Compiled(_)))
    }

    /// The binaries of cargo that the layer holds.
    pub(crate) fn artefacts(&self) -> impl Iterator<Item = &Artefact> {
        self.members.values().filter_map(|member| match &member.kind {
            Kind::File(Origin::Artefact(artefact)) => Some(artefact),
            _ => None,
        })
    }

    /// The files of the layer that are in something that was read.
    pub(crate) fn read_files(&self) -> impl Iterator<Item = &ReadFile> {
        self.members.values().filter_map(|member| match &member.kind {
            Kind::File(Origin::Read(file)) => Some(file),
            _ => None,
        })
    }

    /// The files of the layer and of its context that are downloaded, each with its line.
    pub(crate) fn fetched(&self) -> impl Iterator<Item = (&Fetched, Site)> {
        let held = self.members.values().filter_map(|member| match &member.kind {
            Kind::File(Origin::Fetched(file)) => Some((file, member.site.unwrap_or(self.site))),
            _ => None,
        });
        let read = self.context.values().filter_map(|file| match &file.file()?.from {
            Origin::Fetched(file) => Some((file, self.step_site())),
            _ => None,
        });
        held.chain(read)
    }

    /// The files of the layer that are in archives, each with its line.
    pub(crate) fn unpacked(&self) -> impl Iterator<Item = (&Unpacked, Site)> {
        self.members.values().filter_map(|member| match &member.kind {
            Kind::File(Origin::Unpacked(file)) => Some((file, member.site.unwrap_or(self.site))),
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

/// One inode of a layer. `document` has its JSON form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) metadata: Metadata,
    pub(crate) kind: Kind<Origin>,
    /// The path as the description has it, if a symlink below leads elsewhere.
    pub(crate) written: Option<ImagePath>,
    /// An earlier path of the layer that is a name of the same file.
    pub(crate) hardlink: Option<ImagePath>,
    /// Where it was described; none for a parent directory that is there because a child needs it.
    pub(crate) site: Option<Site>,
    /// Whether it is the file below with changes.
    pub(crate) extends: bool,
    /// The checks whose findings here are accepted, and where that is said. It is not part of the layer.
    pub(crate) allowed: BTreeMap<String, Site>,
}

impl Member {
    /// Returns a directory that is there because a child needs it.
    pub(crate) fn parent(metadata: Metadata) -> Self {
        Self {
            metadata,
            kind: Kind::Directory,
            written: None,
            hardlink: None,
            site: None,
            extends: false,
            allowed: BTreeMap::new(),
        }
    }
}

/// Where a file's bytes come from.
#[derive(Debug, Clone, Serialize)]
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
    /// A file of something that was read: of a layer below.
    Read(ReadFile),
    /// A file that is downloaded.
    Fetched(Fetched),
    /// A file of an archive that is downloaded.
    Unpacked(Unpacked),
    /// The hash of a password, which only the machine that builds has.
    SecretHash(SecretHash),
}

impl Origin {
    /// Returns what the tree has for the file.
    fn file(&self) -> File {
        match self {
            Self::Read(file) => File::Read(Arc::clone(&file.facts)),
            Self::Asset { .. }
            | Self::Artefact(_)
            | Self::Text(_)
            | Self::Compiled(_)
            | Self::Fetched(_)
            | Self::Unpacked(_)
            | Self::SecretHash(_) => File::Planned,
        }
    }
}

/// A binary of cargo's, before it is built: which target of which package, by which invocation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Artefact {
    pub(crate) package: String,
    pub(crate) bin: String,
    /// The index of the invocation in the plan.
    pub(crate) invocation: usize,
}
