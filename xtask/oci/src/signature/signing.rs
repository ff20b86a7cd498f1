//! Signs an image of a registry: what a reference names, and each manifest of an index.

use lapstrake::value::Reference;

use super::payload::Payload;
use super::{SignatureError, Signer};
use crate::{Digest, Repository};

/// A manifest or an index, and whether it was signed before by the same key.
///
/// ```
/// use lapstrake_oci::{Digest, signature::Signed};
///
/// let describe = |signed: &Signed| if signed.is_new { "signed" } else { "was signed" };
/// # let _ = describe;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signed {
    /// The digest that is signed.
    pub digest: Digest,
    /// The architecture, if an index lists the manifest.
    pub platform: Option<String>,
    /// Whether a signature was added. It is not if the same key has signed the same before.
    pub is_new: bool,
}

impl Repository {
    /// Signs what a reference names, and each manifest of an index. Signatures that are there stay.
    ///
    /// The tag is resolved once. Each digest gets a signature under the tag `sha256-HEX.sig`, as podman, skopeo and bootc
    /// read it, and then a bundle that refers to it, as cosign 3 reads it. The signed name is that of the repository,
    /// with the tag if the reference has one.
    ///
    /// ```
    /// use lapstrake_oci::Repository;
    /// use lapstrake_oci::signature::SigningKey;
    ///
    /// # fn sign(key: &SigningKey) -> Result<(), lapstrake_oci::signature::SignatureError> {
    /// let reference = "registry.example/fleet/edge:1".parse().expect("it is a reference");
    /// for signed in Repository::connect(&reference, true)?.sign(&reference, key)? {
    ///     println!("signed {}", signed.digest);
    /// }
    /// # Ok(()) }
    /// # let _ = sign;
    /// ```
    ///
    /// # Errors
    /// Fails if the registry has no such image, if the signer fails, or if the registry does not take the signatures.
    pub fn sign(
        &mut self,
        reference: &Reference,
        signer: &dyn Signer,
    ) -> Result<Vec<Signed>, SignatureError> {
        let name = match reference.tag() {
            Some(tag) => format!("{}:{tag}", self.full_name()),
            None => self.full_name(),
        };
        let mut done = Vec::new();
        for found in self.resolve(reference)? {
            let digest = found.document.digest.clone();
            let payload = Payload::new(&name, &digest).to_bytes();
            let is_attached = self.has_attached(&digest, &payload, signer.public_key())?;
            if !is_attached {
                let signature = signed(signer, &payload)?;
                self.attach(&digest, &payload, &signature)?;
            }
            let is_bundled = !self.bundle(&found.document, signer)?;
            let is_new = !(is_attached && is_bundled);
            done.push(Signed { digest, platform: found.platform, is_new });
        }
        Ok(done)
    }
}

/// Signs bytes. A signature that the public key does not verify is never published.
pub(super) fn signed(signer: &dyn Signer, bytes: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let signature = signer.sign(bytes).map_err(SignatureError::Signer)?;
    let key = signer.public_key();
    if key.verify(bytes, &signature) {
        return Ok(signature);
    }
    Err(SignatureError::OtherKey { key: key.fingerprint()[..16].to_owned() })
}
