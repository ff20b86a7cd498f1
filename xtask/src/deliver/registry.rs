//! `docker://REFERENCE`: the image in a registry, pushed by the client of `lapstrake-oci`.

use std::cell::Cell;
use std::sync::Arc;

use indicatif::HumanBytes;
use lapstrake::TransportRef;
use lapstrake::value::Reference;
use lapstrake_oci::{Manifest, Pushed, Repository};

use super::{DeliverError, Destination, StoredImage};
use crate::support::progress::Progress;

/// The annotation that names the base (annotations.md).
const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// What is sent between two lines of progress.
const STEP: u64 = 16 << 20;

/// A repository, and the tags that the image gets there.
#[derive(Debug)]
pub(crate) struct Registry {
    reference: Reference,
    tags: Vec<String>,
    verify_tls: bool,
}

impl Registry {
    pub(super) fn parse(place: &str) -> Option<Arc<dyn Destination>> {
        match format!("docker:{place}").parse() {
            Ok(TransportRef::Registry(reference)) if reference.digest().is_none() => {
                Some(Arc::new(Self::new(reference, &[], true)))
            }
            _ => None,
        }
    }

    /// Returns the repository of a reference; its tag comes first, then the others.
    pub(crate) fn new(reference: Reference, tags: &[String], verify_tls: bool) -> Self {
        let mut all: Vec<String> = reference.tag().map(ToOwned::to_owned).into_iter().collect();
        for tag in tags {
            if !all.contains(tag) {
                all.push(tag.clone());
            }
        }
        Self { reference, tags: all, verify_tls }
    }

    /// Returns the references of the pushed image.
    pub(crate) fn references(&self) -> Vec<String> {
        self.tags.iter().map(|tag| format!("docker://{}:{tag}", self.reference.repository())).collect()
    }

    /// Checks what can be checked before the image is built. It sends nothing.
    pub(crate) fn check(&self) -> Result<(), DeliverError> {
        let failed = |source| DeliverError::Registry { reference: self.reference.clone(), source };
        Repository::connect(&self.reference, true).map(drop).map_err(failed)
    }

    /// Pushes an image of the store.
    pub(crate) fn push(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<Pushed, DeliverError> {
        let failed = |source| DeliverError::Registry { reference: self.reference.clone(), source };
        let (descriptor, manifest) = image.manifest()?;
        let base = manifest_base(&manifest);
        let mut repository = Repository::connect(&self.reference, self.verify_tls).map_err(failed)?;
        progress.status("Pushing", format_args!("{} to docker://{}", image.name, self.reference));
        let working = progress.working(format!("pushing {}", image.name));
        let reported = Cell::new(0);
        let blobs = image.store.layout.blobs();
        let pushed = repository.push(blobs, &descriptor, &self.tags, base.as_ref(), &|digest, at, size| {
            let line = format!("{}: {} of {}", &digest.hex()[..12], HumanBytes(at), HumanBytes(size));
            working.tell(&line);
            let done = at == size;
            if at < reported.get() {
                reported.set(0);
            }
            if done || at - reported.get() >= STEP {
                reported.set(if done { 0 } else { at });
                progress.status("Sending", &line);
            }
        });
        pushed.map_err(failed)
    }
}

/// Returns the base of an image, if it is in a registry.
fn manifest_base(manifest: &Manifest) -> Option<Reference> {
    Reference::parse(manifest.annotations.as_ref()?.get(BASE_NAME)?).ok()
}

impl Destination for Registry {
    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError> {
        let pushed = self.push(image, progress)?;
        progress.status("Pushed", format_args!("docker://{} ({})", self.reference, summary(&pushed)));
        Ok(())
    }
}

/// Returns what a push did, in one line.
pub(crate) fn summary(pushed: &Pushed) -> String {
    format!(
        "layers: {} present, {} mounted, {} sent; {}",
        pushed.present,
        pushed.mounted,
        pushed.sent,
        HumanBytes(pushed.bytes)
    )
}

#[cfg(all(test, not(feature = "registry")))]
mod tests {
    use super::*;
    use crate::support::explain::Explain;

    #[test]
    fn an_xtask_without_the_client_says_how_to_get_it() {
        let registry = Registry::new(Reference::parse("registry.example/edge:1").unwrap(), &[], true);
        let error = registry.check().unwrap_err();
        assert_eq!(
            error.help().as_deref(),
            Some("run `cargo add lapstrake-xtask --features registry` in the package of the xtask")
        );
    }
}
