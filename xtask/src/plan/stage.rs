//! Stages: what is compiled in a builder image. A stage that several entries share is planned once; what it
//! makes is known by name only, until it was run.

use std::collections::BTreeMap;

use lapstrake::value::{Architecture, ImagePath};
use lapstrake::{BuildStage, Parsed, Site, TransportRef};
use lapstrake_oci::tree::Kind;
use serde::Serialize;

use super::compile::Invocations;
use super::site::site_or;
use super::step::{ContextFile, PlannedRun, Steps};
use super::{Artefact, CargoOptions, Invocation};
use crate::finding::Finding;
use crate::project::assets::Sources;
use crate::project::workspace::Workspace;
use crate::support::small_map::{SmallMap, SmallSet};
use lapstrake_oci::Digest;

/// The builder images of stages, where they could be found.
pub(crate) type Builders = SmallMap<TransportRef, Builder>;

/// An image to compile in.
#[derive(Debug, Clone)]
pub(crate) struct Builder {
    pub(crate) digest: Digest,
    pub(crate) architecture: Architecture,
    /// Where it is, from wherever one looks.
    pub(crate) place: TransportRef,
}

/// One stage.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedBuildStage {
    pub(crate) site: Site,
    /// The stage as it was described, by which the directories that it makes are kept.
    #[serde(skip)]
    pub(crate) described: BuildStage,
    /// The builder image, as it was described.
    pub(crate) reference: String,
    /// Where it is.
    #[serde(skip)]
    pub(crate) location: TransportRef,
    pub(crate) digest: Digest,
    pub(crate) architecture: Architecture,
    /// What is copied, by its name in the context.
    #[serde(skip_serializing_if = "SmallMap::is_empty")]
    pub(crate) copies: SmallMap<String, ImagePath>,
    pub(crate) runs: Vec<PlannedRun>,
    /// What cargo builds in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) compile: Vec<Invocation>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "super::document::context")]
    pub(crate) context: BTreeMap<String, Kind<ContextFile>>,
    /// What is taken out of it.
    pub(crate) results: SmallSet<Product>,
    /// The results that are kernel modules, or directories of modules, which the last step signs.
    #[serde(skip_serializing_if = "SmallSet::is_empty")]
    pub(crate) signed: SmallSet<ImagePath>,
}

/// Something that a stage makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Product {
    /// A binary of one of its cargo invocations.
    Artefact(Artefact),
    /// A file of its tree.
    Path(ImagePath),
    /// A directory of its tree, with all that is in it.
    Tree(ImagePath),
    /// The image itself, as an OCI layout. Only a stage without steps has it.
    Layout,
}

/// A file that a stage makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Compiled {
    /// The index of the stage in the plan.
    pub(crate) stage: usize,
    pub(crate) product: Product,
}

impl Product {
    /// Whether it is a part of the tree of the stage, which has modes and owners of its own.
    pub(crate) fn is_of_tree(&self) -> bool {
        self.is_directory() || matches!(self, Self::Path(_))
    }

    /// Whether it is a directory, whose members are undecided until the stage has run.
    pub(crate) fn is_directory(&self) -> bool {
        match self {
            Self::Tree(_) | Self::Layout => true,
            Self::Artefact(_) | Self::Path(_) => false,
        }
    }
}

impl PlannedBuildStage {
    /// Whether something runs in it or is copied into it. Without that it is another image, of which files are taken.
    pub(crate) fn has_steps(&self) -> bool {
        !(self.runs.is_empty() && self.copies.is_empty() && self.compile.is_empty())
    }

    /// Returns the digest by which its image is named: that of its reference, which may be of an index, or else its own.
    pub(crate) fn listed(&self) -> Digest {
        let named = match self.described.base.location.get() {
            Ok(TransportRef::Registry(reference)) => reference.digest(),
            _ => None,
        };
        named.and_then(|named| Digest::parse(named).ok()).unwrap_or_else(|| self.digest.clone())
    }

    /// Whether something in it reaches the network: a step that asks, or cargo for what its lock names.
    pub(crate) fn wants_network(&self) -> bool {
        !self.compile.is_empty() || self.runs.iter().any(|run| run.network)
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Artefact(artefact) => write!(f, "binary {}", artefact.bin),
            Self::Path(path) | Self::Tree(path) => write!(f, "{path}"),
            Self::Layout => f.write_str("layout"),
        }
    }
}

/// The stages of a plan as they come together.
pub(super) struct Stages<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) options: CargoOptions,
    pub(super) sources: &'a Sources,
    pub(super) builders: &'a Builders,
    /// Of the base.
    pub(super) architecture: Architecture,
    list: Vec<(BuildStage, PlannedBuildStage)>,
    failed: Vec<BuildStage>,
}

impl<'a> Stages<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        options: &CargoOptions,
        sources: &'a Sources,
        builders: &'a Builders,
        architecture: Architecture,
    ) -> Self {
        // A builder has its own target; `--target` is about this machine's cargo.
        let options = CargoOptions { target: None, ..options.clone() };
        Self { workspace, options, sources, builders, architecture, list: Vec::new(), failed: Vec::new() }
    }

    /// A binary that cargo builds in a stage.
    pub(super) fn artefact(
        &mut self,
        stage: &BuildStage,
        bin: &lapstrake::entry::Bin,
        site: Site,
        findings: &mut Vec<Finding>,
    ) -> Option<Compiled> {
        let index = self.planned(stage, site, findings)?;
        let planned = &mut self.list[index].1;
        let mut invocations = Invocations {
            workspace: self.workspace,
            options: &self.options,
            // The builder compiles for itself.
            architecture: Architecture::host().unwrap_or(self.architecture),
            list: std::mem::take(&mut planned.compile),
        };
        let artefact = invocations.artefact(bin, site);
        planned.compile = invocations.list;
        match artefact {
            Ok(artefact) => {
                let product = Product::Artefact(artefact);
                planned.results.insert(product.clone());
                Some(Compiled { stage: index, product })
            }
            Err(finding) => {
                findings.push(finding);
                None
            }
        }
    }

    /// A file that a stage has in the end.
    pub(super) fn file(
        &mut self,
        stage: &BuildStage,
        path: ImagePath,
        site: Site,
        findings: &mut Vec<Finding>,
    ) -> Option<Compiled> {
        let index = self.planned(stage, site, findings)?;
        let product = Product::Path(path);
        self.list[index].1.results.insert(product.clone());
        Some(Compiled { stage: index, product })
    }

    /// Asks for a directory that a stage has in the end. Returns the digest by which its image is named.
    pub(super) fn directory(
        &mut self,
        stage: &BuildStage,
        product: Product,
        site: Site,
        findings: &mut Vec<Finding>,
    ) -> Option<Digest> {
        let index = self.planned(stage, site, findings)?;
        let planned = &mut self.list[index].1;
        planned.results.insert(product);
        Some(planned.listed())
    }

    /// Returns a stage that is planned already.
    pub(super) fn of(&mut self, stage: &BuildStage) -> Option<&mut PlannedBuildStage> {
        self.list.iter_mut().find(|(known, _)| known == stage).map(|(_, planned)| planned)
    }

    pub(super) fn finish(self) -> Vec<PlannedBuildStage> {
        self.list.into_iter().map(|(_, planned)| planned).collect()
    }

    fn planned(&mut self, stage: &BuildStage, site: Site, findings: &mut Vec<Finding>) -> Option<usize> {
        if let Some(index) = self.list.iter().position(|(known, _)| known == stage) {
            return Some(index);
        }
        if self.failed.contains(stage) {
            return None;
        }
        let before = findings.len();
        let planned = self.plan(stage, site_or(stage.site, site), findings);
        if findings.len() > before || planned.is_none() {
            self.failed.push(stage.clone());
        }
        let planned = planned?;
        self.list.push((stage.clone(), planned));
        Some(self.list.len() - 1)
    }

    fn plan(&self, stage: &BuildStage, site: Site, findings: &mut Vec<Finding>) -> Option<PlannedBuildStage> {
        let mut steps = Steps::new(self.sources, site);
        let mut copies = SmallMap::new();
        for (asset, at) in &stage.sources {
            let Some(at) = steps.valid::<ImagePath>(at) else { continue };
            let name = format!("source-{}", copies.len());
            if steps.take(asset, &name, site).is_some() {
                copies.insert(name, at);
            }
        }
        let runs = stage.runs.iter().filter_map(|run| steps.run(run, site)).collect();
        findings.append(&mut steps.findings);
        let location = stage.base.location.get().ok()?;
        // One that could not be found has been told.
        let Builder { digest, architecture, place } = self.builders.get(location)?.clone();
        Some(PlannedBuildStage {
            site,
            described: stage.clone(),
            reference: location.to_string(),
            location: place,
            digest,
            architecture,
            copies,
            runs,
            compile: Vec::new(),
            context: steps.context,
            results: SmallSet::new(),
            signed: SmallSet::new(),
        })
    }
}

/// The value of a path in a stage, or a finding that it is none.
pub(super) fn path(
    given: &Parsed<ImagePath>,
    fallback: Site,
    findings: &mut Vec<Finding>,
) -> Option<ImagePath> {
    let found = given.get().map_err(|error| Finding::invalid(error, site_or(given.site(), fallback)));
    found.cloned().map_err(|finding| findings.push(finding)).ok()
}
