//! The files that a plan has once its lower layers are built.

use std::sync::Arc;

use super::{Artefacts, Files, InputError, Inputs, origins, stage};
use crate::plan::{Origin, PlannedLayer};

impl Inputs {
    /// Adds files that the plan did not have before: an edit or a copy of a package's file, or a module of the kernel that a
    /// package brings. Returns whether there are any.
    pub(crate) fn add_planned(
        &mut self,
        layers: &[Arc<PlannedLayer>],
        files: Files<'_>,
    ) -> Result<bool, InputError> {
        let mut are_added = false;
        let artefacts = Artefacts { compiled: self.compiled.clone(), ..Artefacts::default() };
        for layer in layers {
            let Some(inputs) = self.layers.get_mut(&layer.name) else { continue };
            let new = origins(layer).filter(|origin| inputs.get(origin).is_none());
            let new = new.filter(|origin| match origin {
                Origin::Text(_) | Origin::Read(_) | Origin::Asset { .. } | Origin::Compiled(_) => true,
                Origin::Artefact(_) | Origin::Fetched(_) | Origin::Unpacked(_) | Origin::SecretHash(_) => {
                    false
                }
            });
            let new = new.map(|origin| Ok((origin, stage(origin, &artefacts, files)?)));
            let new = new.collect::<Result<Vec<_>, InputError>>()?;
            are_added |= !new.is_empty();
            for (origin, file) in new {
                Arc::make_mut(inputs).files.insert(origin.clone(), file);
            }
        }
        Ok(are_added)
    }
}
