//! All that decides what an engine makes of a layer, and so the key by which it is kept. A secret's value
//! is no input: it must not leave a trace, not even in a digest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::emit;
use crate::layer::Recipe;
use crate::native::Settings;
use crate::oci::Digest;
use crate::plan::Plan;
use crate::stage::Staged;

/// Grows with every change of what is done to an engine's layer.
const REWRITER: u32 = 1;

/// The inputs of a layer that an engine makes.
#[derive(Debug, Serialize)]
pub(super) struct EngineRecipe {
    rewriter: u32,
    below: Digest,
    /// The lines of the Containerfile, without its comments: those name places in the description.
    steps: Vec<String>,
    epoch: u32,
    files: Recipe,
    /// The digests of what the steps read of the workspace, by its place in the context.
    inputs: BTreeMap<String, Digest>,
}

impl EngineRecipe {
    pub(super) fn of(
        plan: &Plan,
        number: usize,
        below: &Digest,
        staged: &Staged,
        settings: Settings,
    ) -> Self {
        let mut text = String::new();
        // Writing to a String does not fail.
        _ = emit::layer_steps(plan, number, &mut text);
        let steps = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        Self {
            rewriter: REWRITER,
            below: below.clone(),
            steps,
            epoch: settings.epoch.seconds(),
            files: Recipe::of(&plan.layers[number], staged, settings.compression),
            inputs: BTreeMap::new(),
        }
    }

    pub(super) fn key(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of(&serde_json::to_vec(self)?))
    }
}
