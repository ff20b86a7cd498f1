//! `docker://REFERENCE`: the image in a registry, pushed by the client of `lapstrake-oci`.

use std::cell::RefCell;
use std::sync::Arc;

use indicatif::HumanBytes;
use lapstrake::TransportRef;
use lapstrake::value::Reference;
use lapstrake_oci::{Digest, Manifest, Pushed, Repository};

use super::{DeliverError, Destination, StoredImage};
use crate::support::progress::Progress;
use crate::support::transfer::Transfer;

/// The annotation that names the base (annotations.md).
const BASE_NAME: &str = "org.opencontainers.image.base.name";

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
        // One blob is sent after the other, and which of them the registry lacks is known then.
        let sending: RefCell<Option<(Digest, Transfer)>> = RefCell::default();
        let blobs = image.store.layout.blobs();
        let pushed = repository.push(blobs, &descriptor, &self.tags, base.as_ref(), &|digest, at, size| {
            let mut sending = sending.borrow_mut();
            if sending.as_ref().is_none_or(|(sent, _)| sent != digest) {
                // The end of the blob before is reported first.
                sending.take();
            }
            let begin = || {
                let what = format!("blob {}", &digest.hex()[..12]);
                (digest.clone(), Transfer::start(progress, "Sending", what, Some(size)))
            };
            sending.get_or_insert_with(begin).1.set(at);
        });
        drop(sending);
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
