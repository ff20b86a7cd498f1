//! An image in a repository: the manifest that a reference names, and those that an index lists.

use lapstrake::value::Reference;

use super::SignatureError;
use crate::registry::Document;
use crate::{Digest, Index, MediaType, Repository};

const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A manifest, or an index.
#[derive(Debug)]
pub(super) struct SignedDocument {
    pub(super) document: Document,
    /// The architecture that the index names.
    pub(super) platform: Option<String>,
}

impl Repository {
    /// Resolves a reference once. What it names comes first, then the manifests of an index.
    pub(super) fn resolve(&mut self, reference: &Reference) -> Result<Vec<SignedDocument>, SignatureError> {
        let name = reference.digest().or(reference.tag()).unwrap_or("latest");
        let missing = |reference: String| SignatureError::NoImage { reference };
        let top = self.document(name)?.ok_or_else(|| missing(reference.to_string()))?;
        let mut found = vec![SignedDocument { document: top, platform: None }];
        let top = &found[0].document;
        if is_index(&top.media_type) {
            let index: Index = serde_json::from_slice(&top.bytes)
                .map_err(|source| SignatureError::Document { what: top.digest.to_string(), source })?;
            for entry in index.manifests.iter().filter(|entry| entry.is_image()) {
                let digest = entry.parse_digest()?;
                let document = self.document(&digest.to_string())?;
                let document = document.ok_or_else(|| missing(format!("{}@{digest}", self.full_name())))?;
                let platform = entry.platform.as_ref().map(|platform| platform.architecture.clone());
                found.push(SignedDocument { document, platform });
            }
        }
        Ok(found)
    }
}

fn is_index(media_type: &MediaType) -> bool {
    *media_type == MediaType::ImageIndex || media_type.as_str() == DOCKER_LIST
}

/// Returns the tag that belongs to a digest: `sha256-HEX` with an end.
pub(super) fn tag_of(digest: &Digest, end: &str) -> String {
    format!("sha256-{}{end}", digest.hex())
}
