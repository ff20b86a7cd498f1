//! All that decides what an engine makes of a layer, and so the key by which it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::emit;
use crate::image::Settings;
use crate::inputs::{Inputs, LayerInputs};
use crate::layer::CacheKey;
use crate::plan::{ContextFile, Origin, Plan};
use lapstrake_oci::Digest;
use lapstrake_oci::tree::Kind;

/// Grows with every change of what is done to an engine's layer.
const REWRITER: u32 = 6;

/// The inputs of a layer that an engine makes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EngineCacheKey {
    rewriter: u32,
    below: Digest,
    /// The lines of the Containerfile, without its comments: those name places in the description.
    steps: Vec<String>,
    epoch: u32,
    network: bool,
    files: CacheKey,
    /// What the steps read, each as one line that says all of it. Secrets decide nothing.
    read: BTreeMap<String, String>,
}

impl EngineCacheKey {
    pub(super) fn of(
        plan: &Plan,
        number: usize,
        below: &Digest,
        staged: &Inputs,
        settings: Settings,
    ) -> Self {
        let layer = &plan.layers[number];
        let staged = staged.layer(&layer.name);
        let mut text = String::new();
        // Writing to a String does not fail.
        _ = emit::layer_steps(plan, number, &mut text);
        let steps = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        Self {
            rewriter: REWRITER,
            below: below.clone(),
            steps,
            epoch: settings.epoch.seconds(),
            network: layer.wants_network(),
            files: CacheKey::of(layer, staged, settings.compression),
            read: read(&emit::files(layer), staged),
        }
    }

    /// Returns what differs from the cache key of an earlier build; none if nothing does.
    pub(super) fn change_since(&self, earlier: &Self) -> Option<String> {
        let files = || self.files.change_since(&earlier.files).map(|change| change.to_string());
        let rest = [
            (self.read != earlier.read, "files that its steps read changed"),
            (self.steps != earlier.steps, "its steps or packages changed"),
            (self != earlier, "settings changed"),
        ];
        if self.below != earlier.below {
            return Some("what lies below it changed".to_owned());
        }
        let rest = rest.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what.to_owned());
        files().or(rest)
    }

    pub(super) fn key(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of(&serde_json::to_vec(self)?))
    }
}

/// What files of a context are, for the key of what is made of them.
pub(crate) fn read(
    files: &BTreeMap<String, Kind<ContextFile>>,
    staged: &LayerInputs,
) -> BTreeMap<String, String> {
    let line = |file: &Kind<ContextFile>| match file {
        Kind::Directory | Kind::Device { .. } | Kind::Fifo => file.name().to_owned(),
        Kind::Symlink { target } => format!("symlink {target:?}"),
        Kind::File(ContextFile { from, executable }) => {
            let digest = match from {
                Origin::Text(text) => Digest::of(text.as_bytes()),
                Origin::Asset { .. }
                | Origin::Artefact(_)
                | Origin::Compiled(_)
                | Origin::Read(_)
                | Origin::Fetched(_)
                | Origin::Unpacked(_)
                | Origin::SecretHash(_) => {
                    staged.get(from).expect("the inputs have every file that steps read").digest.clone()
                }
            };
            format!("file {digest} {}", if *executable { "executable" } else { "" })
        }
    };
    files.iter().map(|(path, file)| (path.clone(), line(file))).collect()
}
