//! `containers-storage:REFERENCE`: the image in podman's storage, written by skopeo, or by podman where skopeo is not
//! installed.

use std::sync::Arc;

use lapstrake::TransportRef;
use lapstrake::value::Reference;

use super::{DeliverError, Destination, StoredImage};
use crate::support::diagnosis::Diagnosis;
use crate::support::program::Program;
use crate::support::progress::Progress;

#[derive(Debug)]
pub(super) struct ContainersStorage {
    reference: Reference,
}

impl ContainersStorage {
    pub(super) fn parse(place: &str) -> Option<Arc<dyn Destination>> {
        match format!("containers-storage:{place}").parse() {
            Ok(TransportRef::ContainersStorage(reference)) => Some(Arc::new(Self { reference })),
            _ => None,
        }
    }

    /// Runs a program, and returns its output.
    fn run(&self, program: Program, arguments: &[&str]) -> Result<String, DeliverError> {
        let output = program.output(arguments)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        let output = last.map_or_else(|| output.status.to_string(), |line| line.escape_debug().to_string());
        Err(DeliverError::Copy {
            reference: self.reference.clone(),
            cause: Diagnosis::of_copy(&text),
            output,
        })
    }
}

impl Destination for ContainersStorage {
    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError> {
        let reference = &self.reference;
        let from = format!("oci:{}:{}", image.store.layout.root(), image.name);
        if Program::SKOPEO.is_installed() {
            let to = format!("containers-storage:{reference}");
            self.run(Program::SKOPEO, &["copy", "--quiet", &from, &to])?;
        } else if Program::PODMAN.is_installed() {
            let id = self.run(Program::PODMAN, &["pull", "--quiet", &from])?;
            self.run(Program::PODMAN, &["tag", &id, reference.as_str()])?;
        } else {
            return Err(DeliverError::NoProgram);
        }
        progress.status(
            "Loaded",
            format_args!(
                "containers-storage:{reference}; it keeps no compressed layer, so push `oci:` with `skopeo copy --preserve-digests` to keep the digest"
            ),
        );
        Ok(())
    }
}
