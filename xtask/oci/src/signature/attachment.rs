//! The signatures that podman, skopeo and bootc read: layers of the manifest under the tag `sha256-HEX.sig`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::image::tag_of;
use super::{PublicKey, SignatureError};
use crate::registry::Document;
use crate::{Descriptor, Digest, Manifest, MediaType, Repository, canonical};

const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// The end of the tag.
pub(super) const END: &str = ".sig";

/// A signature of the attachment, which nobody has verified.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) payload: Vec<u8>,
    /// In base64.
    pub(super) signature: Option<String>,
}

impl Attached {
    /// Returns whether a key has signed the payload.
    pub(super) fn is_by(&self, key: &PublicKey) -> bool {
        let decoded = self.signature.as_ref().and_then(|text| STANDARD.decode(text).ok());
        decoded.is_some_and(|signature| key.verify(&self.payload, &signature))
    }
}

impl Repository {
    /// Returns the signatures of a manifest.
    pub(super) fn attached(&mut self, digest: &Digest) -> Result<Vec<Attached>, SignatureError> {
        let Some((_, manifest)) = self.attachment(digest)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        // Others attach other things in the same way.
        for layer in manifest.layers.iter().filter(|layer| layer.media_type.as_str() == PAYLOAD) {
            let digest = layer.parse_digest()?;
            let payload = self.small_blob(&digest)?;
            let missing = || SignatureError::NoImage { reference: format!("blob {digest}") };
            let payload = payload.ok_or_else(missing)?;
            found.push(Attached { payload, signature: layer.annotation(ANNOTATION).map(ToOwned::to_owned) });
        }
        Ok(found)
    }

    /// Returns the manifest that has the signatures of another.
    fn attachment(&mut self, digest: &Digest) -> Result<Option<(Value, Manifest)>, SignatureError> {
        let tag = tag_of(digest, END);
        let Some(document) = self.document(&tag)? else { return Ok(None) };
        let failed = |source| SignatureError::Document { what: tag.clone(), source };
        let value = serde_json::from_slice(&document.bytes).map_err(failed)?;
        Ok(Some((value, serde_json::from_slice(&document.bytes).map_err(failed)?)))
    }

    /// Returns whether the attachment has that payload, signed by that key.
    pub(super) fn has_attached(
        &mut self,
        digest: &Digest,
        payload: &[u8],
        key: &PublicKey,
    ) -> Result<bool, SignatureError> {
        let Some((_, manifest)) = self.attachment(digest)? else { return Ok(false) };
        let wanted = Digest::of(payload).to_string();
        Ok(manifest.layers.iter().filter(|layer| layer.digest == wanted).any(|layer| {
            let signature = layer.annotation(ANNOTATION).map(ToOwned::to_owned);
            Attached { payload: payload.to_vec(), signature }.is_by(key)
        }))
    }

    /// Adds a signature to those that are there.
    pub(super) fn attach(
        &mut self,
        digest: &Digest,
        payload: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let tag = tag_of(digest, END);
        let failed = |source| SignatureError::Document { what: tag.clone(), source };
        let blob = self.put_small_blob(payload)?;
        let mut layer = Descriptor::new(PAYLOAD.into(), payload.len() as u64, &blob);
        layer.annotations = Some([(ANNOTATION.to_owned(), STANDARD.encode(signature))].into());
        let (mut manifest, mut layers) = match self.attachment(digest)? {
            Some((value, manifest)) => (value, manifest.layers),
            None => (json!({"schemaVersion": 2, "mediaType": MediaType::ImageManifest}), Vec::new()),
        };
        layers.push(layer);
        let parts: Vec<_> = layers.iter().map(|layer| &layer.digest).collect();
        let rootfs = json!({"type": "layers", "diff_ids": parts});
        let config = json!({"architecture": "", "os": "", "config": {}, "rootfs": rootfs});
        let config = canonical(&config).map_err(failed)?;
        let config_digest = self.put_small_blob(&config)?;
        manifest["config"] =
            json!(Descriptor::new(MediaType::ImageConfig, config.len() as u64, &config_digest));
        manifest["layers"] = json!(layers);
        let bytes = canonical(&manifest).map_err(failed)?;
        self.put_document(&tag, &Document::new(MediaType::ImageManifest, bytes))?;
        Ok(())
    }
}
