//! The signature that cosign 3 reads: a bundle of sigstore, in a manifest that refers to the signed one (OCI 1.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::image::tag_of;
use super::{PublicKey, SignatureError, Signer};
use crate::registry::Document;
use crate::{Descriptor, Digest, Index, Manifest, MediaType, Repository, canonical};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";
const PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";
/// A document of a bundle is small; larger referrers are something else.
const SIZE_MAX: u64 = 1 << 20;

/// Returns the statement that is signed: this digest is signed.
fn statement(digest: &Digest) -> Vec<u8> {
    let subject = json!([{"digest": {"sha256": digest.hex()}, "annotations": {}}]);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": PREDICATE,
        "predicate": {},
    });
    statement.to_string().into_bytes()
}

/// Returns the bytes that are signed for a payload (DSSE, "pre-authentication encoding").
fn encoded(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {IN_TOTO} {} ", IN_TOTO.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Returns whether a bundle is a signature of the digest by that key.
fn is_signed(bundle: &[u8], digest: &Digest, key: &PublicKey) -> bool {
    let Ok(bundle) = serde_json::from_slice::<Value>(bundle) else { return false };
    let envelope = &bundle["dsseEnvelope"];
    let decoded = |value: &Value| value.as_str().and_then(|text| STANDARD.decode(text).ok());
    let Some(payload) = decoded(&envelope["payload"]) else { return false };
    let Some(signature) = decoded(&envelope["signatures"][0]["sig"]) else { return false };
    let Ok(statement) = serde_json::from_slice::<Value>(&payload) else { return false };
    envelope["payloadType"] == IN_TOTO
        && statement["predicateType"] == PREDICATE
        && statement["subject"][0]["digest"]["sha256"] == digest.hex()
        && key.verify(&encoded(&payload), &signature)
}

impl Repository {
    /// Adds a bundle for a manifest, unless there is one by the same key. Returns whether it is new.
    pub(super) fn bundle(&mut self, subject: &Document, signer: &dyn Signer) -> Result<bool, SignatureError> {
        let digest = &subject.digest;
        let fallback = tag_of(digest, "");
        let listed = self.referrers(digest)?;
        let listed = match listed {
            Some(bytes) => Some(bytes),
            None => self.document(&fallback)?.map(|document| document.bytes),
        };
        let failed = |source| SignatureError::Document { what: fallback.clone(), source };
        let listed: Option<Index> =
            listed.map(|bytes| serde_json::from_slice(&bytes)).transpose().map_err(failed)?;
        let entries = listed.map(|index| index.manifests).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.size <= SIZE_MAX) {
            if self.has_bundle(entry, digest, signer.public_key())? {
                return Ok(false);
            }
        }
        let payload = statement(digest);
        let signature = super::signing::signed(signer, &encoded(&payload))?;
        let bundle = json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": signer.public_key().hint()}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(&payload),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": STANDARD.encode(signature)}],
            },
        });
        let bundle = canonical(&bundle).map_err(failed)?;
        let blob = self.put_small_blob(&bundle)?;
        let config = Descriptor::new(EMPTY.into(), 2, &self.put_small_blob(b"{}")?);
        let layer = Descriptor::new(BUNDLE.into(), bundle.len() as u64, &blob);
        let mut manifest = Manifest::new(config, vec![layer]);
        manifest.artifact_type = Some(BUNDLE.into());
        manifest.subject = Some(subject.descriptor());
        let annotations = [
            ("dev.sigstore.bundle.content", "dsse-envelope"),
            ("dev.sigstore.bundle.predicateType", PREDICATE),
        ];
        let annotations = annotations.map(|(name, value)| (name.to_owned(), value.to_owned()));
        manifest.annotations = Some(annotations.into());
        let bytes = canonical(&manifest).map_err(failed)?;
        let document = Document::new(MediaType::ImageManifest, bytes);
        if !self.put_document(&document.digest.to_string(), &document)? {
            // The registry does not list what refers to a manifest, so a tag does (distribution spec, "Pushing manifests").
            let mut entry = document.descriptor();
            entry.artifact_type = manifest.artifact_type;
            entry.annotations = manifest.annotations;
            self.list(&fallback, &entry)?;
        }
        Ok(true)
    }

    fn has_bundle(
        &mut self,
        entry: &Descriptor,
        digest: &Digest,
        key: &PublicKey,
    ) -> Result<bool, SignatureError> {
        let Some(document) = self.document(&entry.digest)? else { return Ok(false) };
        // Others refer with other documents.
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&document.bytes) else { return Ok(false) };
        for layer in manifest.layers.iter().filter(|layer| layer.media_type.as_str() == BUNDLE) {
            let bundle = self.small_blob(&layer.parse_digest()?)?;
            if bundle.is_some_and(|bundle| is_signed(&bundle, digest, key)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds an entry to the index under a tag.
    fn list(&mut self, tag: &str, entry: &Descriptor) -> Result<(), SignatureError> {
        let failed = |source| SignatureError::Document { what: tag.to_owned(), source };
        let mut index = match self.document(tag)? {
            Some(document) => serde_json::from_slice(&document.bytes).map_err(failed)?,
            None => json!({"schemaVersion": 2, "mediaType": MediaType::ImageIndex, "manifests": []}),
        };
        if let Some(entries) = index["manifests"].as_array_mut() {
            entries.push(json!(entry));
        }
        let bytes = canonical(&index).map_err(failed)?;
        self.put_document(tag, &Document::new(MediaType::ImageIndex, bytes))?;
        Ok(())
    }
}
