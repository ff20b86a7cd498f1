//! What the digest in a reference names: the image itself, or the index of an image for several architectures.

use lapstrake::TransportRef;
use lapstrake_oci::{BlobError, Descriptor, Digest, Index};

use super::cache::Cache;
use super::transport::{ask, describe, parse};
use super::{Base, BaseError};
use crate::support::program::Program;

impl Base {
    /// Returns the descriptor of what the digest in the image's own reference names, and of the image itself without one. The
    /// cache has its blob then.
    pub(crate) fn listing(&self, cache: &Cache, offline: bool) -> Result<Descriptor, BaseError> {
        let own = || Descriptor::new(self.descriptor.media_type.clone(), self.descriptor.size, &self.digest);
        let TransportRef::Registry(reference) = &self.location else { return Ok(own()) };
        let named = reference.digest().and_then(|digest| Digest::parse(digest).ok());
        let Some(named) = named.filter(|named| *named != self.digest) else { return Ok(own()) };
        let asked = format!("{}@{named}", reference.repository());
        let blobs = cache.blobs();
        let kept = blobs.size(&named).and_then(|size| blobs.read(&named, size).ok());
        let bytes = match kept {
            Some(bytes) => bytes,
            None if offline => return Err(BaseError::Offline { reference: format!("docker://{asked}") }),
            None => {
                let source = format!("docker://{asked}");
                let bytes = ask(Program::SKOPEO, &["inspect", "--raw", &source], &asked)?;
                let found = Digest::of(&bytes);
                if found != named {
                    return Err(BlobError::Content { digest: named, found }.into());
                }
                let kept = blobs.put(&bytes);
                kept.map_err(|source| BlobError::Write { digest: named.clone(), source })?;
                bytes
            }
        };
        let document = parse(&bytes)?;
        let failed = |source| BaseError::Document { digest: named.clone(), source };
        let index: Index = serde_json::from_value(document.clone()).map_err(failed)?;
        let is_this = |entry: &Descriptor| entry.parse_digest().is_ok_and(|digest| digest == self.digest);
        if index.manifests.iter().any(is_this) {
            return Ok(describe(&bytes, &document));
        }
        Err(BaseError::Moved { reference: asked, pinned: self.digest.clone(), found: named })
    }
}
