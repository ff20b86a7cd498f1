//! Where an image in podman's storage came from: registries that may still have it as it was, compressed
//! layers and all. They are asked with little patience, for without them the image can be used too.

use std::collections::BTreeSet;

use lapstrake::value::{Architecture, Reference};
use lapstrake_oci::Descriptor;

use super::BaseError;
use super::cache::Cache;
use super::registry::{self, Patience};
use crate::support::diagnosis::Diagnosis;
use crate::support::program::Program;
use crate::support::progress::Progress;
use lapstrake_oci::Digest;

/// `REPOSITORY@DIGEST`s that registries are asked for.
pub(super) struct RepoDigests<'a>(Vec<(&'a str, Digest)>);

impl<'a> RepoDigests<'a> {
    /// Those of an image that is known by `reference`, whose own repository goes first. What was built or
    /// named here has some too, and they name no registry.
    pub(super) fn of(reference: &Reference, all: &'a [String], offline: bool) -> Self {
        if offline {
            return Self(Vec::new());
        }
        let parsed = all.iter().filter_map(|text| {
            let (repository, digest) = text.split_once('@')?;
            is_remote(repository).then_some((repository, Digest::parse(digest).ok()?))
        });
        let (mut first, others): (Vec<_>, Vec<_>) =
            parsed.partition(|(repository, _)| *repository == reference.repository());
        first.extend(others);
        Self(first)
    }

    /// Whether one of them is this digest.
    pub(super) fn name(&self, digest: &Digest) -> bool {
        self.0.iter().any(|(_, own)| own == digest)
    }

    /// The image as the first registry has it that has one which is accepted. An error, where a registry
    /// could not be asked and none had it.
    pub(super) fn ask(
        &self,
        wanted: Option<Architecture>,
        cache: &Cache,
        progress: &Progress,
        accepts: impl Fn(&Descriptor) -> bool,
    ) -> Result<Option<Descriptor>, BaseError> {
        if self.0.is_empty() || !Program::SKOPEO.is_installed() {
            return Ok(None);
        }
        let mut silent = BTreeSet::new();
        let mut refused = None;
        for (repository, digest) in &self.0 {
            let host = repository.split('/').next().unwrap_or(repository);
            if silent.contains(host) {
                continue;
            }
            let asked = format!("{repository}@{digest}");
            match registry::bring(&asked, repository, wanted, Patience::Little, cache, progress) {
                Ok(image) if accepts(&image) => return Ok(Some(image)),
                Ok(_) | Err(BaseError::Transport { why: Diagnosis::NoSuchImage, .. }) => {}
                Err(error) => {
                    progress.status("Skipping", format_args!("{host}: {error}"));
                    silent.insert(host);
                    refused = Some(error);
                }
            }
        }
        refused.map_or(Ok(None), Err)
    }
}

/// Whether a repository is of a registry: its first part is a host (docker/distribution, "reference"), and
/// not podman's name for what has none.
fn is_remote(repository: &str) -> bool {
    let host = repository.split_once('/').map_or("", |(host, _)| host);
    host != "localhost" && (host.contains(['.', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_registry_asks_none() {
        let digest = Digest::of(b"image");
        let all: Vec<String> = [
            "localhost/base",
            "base",
            "team/base",
            "quay.example/other/base",
            "localhost:5000/base",
            "quay.example/team/base",
        ]
        .map(|repository| format!("{repository}@{digest}"))
        .to_vec();
        let reference = Reference::parse("quay.example/team/base:1").unwrap();
        let asked: Vec<_> = RepoDigests::of(&reference, &all, false)
            .0
            .into_iter()
            .map(|(repository, _)| repository)
            .collect();
        assert_eq!(asked, ["quay.example/team/base", "quay.example/other/base", "localhost:5000/base"]);
        assert!(RepoDigests::of(&reference, &all, true).0.is_empty(), "--offline");
    }
}
