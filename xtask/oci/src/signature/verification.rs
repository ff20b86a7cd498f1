//! Verifies an image of a registry: by a key, or as a device with a policy decides.

use lapstrake::value::Reference;

use super::attachment::Attached;
use super::identity::Identity;
use super::named::Named;
use super::payload::Payload;
use super::policy::Requirement;
use super::{Device, PublicKey, SignatureError};
use crate::{Digest, Repository};

/// Whether an image is accepted, and by which rule.
///
/// ```
/// use lapstrake_oci::signature::Verdict;
///
/// let describe = |verdict: &Verdict| match verdict.refusal() {
///     Some(reason) => format!("{} is refused by {}: {reason}", verdict.digest, verdict.rule),
///     None => format!("{} is accepted by {}", verdict.digest, verdict.rule),
/// };
/// # let _ = describe;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The digest that the reference names.
    pub digest: Digest,
    /// The rule that decided: a scope of the policy, its `default`, or `key`.
    pub rule: String,
    /// Each manifest that was decided on.
    pub manifests: Vec<Decided>,
}

/// A manifest, and why it is refused, if it is.
///
/// ```
/// use lapstrake_oci::signature::Decided;
///
/// let is_accepted = |decided: &Decided| decided.refusal.is_none();
/// # let _ = is_accepted;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decided {
    /// The digest of the manifest.
    pub digest: Digest,
    /// The architecture, if an index lists the manifest.
    pub platform: Option<String>,
    /// Why the manifest is refused.
    pub refusal: Option<String>,
}

impl Verdict {
    /// Returns why the image is refused, if it is: the reason for the first refused manifest.
    ///
    /// ```
    /// # use lapstrake_oci::signature::Verdict;
    /// let is_accepted = |verdict: &Verdict| verdict.refusal().is_none();
    /// # let _ = is_accepted;
    /// ```
    pub fn refusal(&self) -> Option<&str> {
        self.manifests.iter().find_map(|decided| decided.refusal.as_deref())
    }
}

impl Repository {
    /// Decides on an image as podman, skopeo and bootc do on a device.
    ///
    /// A device pulls the manifest of its own architecture, so the manifests of an index are decided on, and not the
    /// index. What can't be decided here, such as `signedBy`, is a refusal.
    ///
    /// ```
    /// use lapstrake_oci::Repository;
    /// use lapstrake_oci::signature::Device;
    ///
    /// # fn verify(device: &Device) -> Result<(), lapstrake_oci::signature::SignatureError> {
    /// let reference = "registry.example/fleet/edge:1".parse().expect("it is a reference");
    /// let verdict = Repository::connect(&reference, true)?.verify(&reference, device)?;
    /// println!("{:?}", verdict.refusal());
    /// # Ok(()) }
    /// # let _ = verify;
    /// ```
    ///
    /// # Errors
    /// Fails if the registry has no such image, or if the registry does not answer.
    pub fn verify(&mut self, reference: &Reference, device: &Device) -> Result<Verdict, SignatureError> {
        let image = Named::of(reference);
        let (rule, demands) = device.demands(&image);
        let mut found = self.resolve(reference)?;
        let digest = found[0].document.digest.clone();
        if found.len() > 1 {
            found.remove(0);
        }
        let reads = device.reads_attachments(&image);
        let mut manifests = Vec::new();
        for found in found {
            let digest = found.document.digest;
            let is_asked = reads && demands.iter().any(|one| matches!(one, Requirement::Sigstore { .. }));
            let attached = if is_asked { self.attached(&digest)? } else { Vec::new() };
            let refusal = demands.iter().find_map(|demand| match demand {
                Requirement::Accept => None,
                Requirement::Reject => Some("the rule rejects every image".to_owned()),
                Requirement::Unknown(what) => Some(format!("{what} can't be decided here")),
                Requirement::Sigstore { .. } if !reads => Some(
                    "registries.d does not set `use-sigstore-attachments`, so the device reads no signature"
                        .to_owned(),
                ),
                Requirement::Sigstore { keys, identity } => {
                    match keys.iter().map(|key| device.key(key)).collect::<Result<Vec<_>, _>>() {
                        Ok(keys) => refusal(&attached, &keys, identity, &image, &digest),
                        Err(reason) => Some(reason),
                    }
                }
            });
            manifests.push(Decided { digest, platform: found.platform, refusal });
        }
        Ok(Verdict { digest, rule, manifests })
    }

    /// Decides on an image by one key: what the reference names and each manifest of an index must be signed for the
    /// repository.
    ///
    /// ```
    /// use lapstrake_oci::Repository;
    /// use lapstrake_oci::signature::PublicKey;
    ///
    /// # fn verify(key: PublicKey) -> Result<(), lapstrake_oci::signature::SignatureError> {
    /// let reference = "registry.example/fleet/edge:1".parse().expect("it is a reference");
    /// let verdict = Repository::connect(&reference, true)?.verify_by_key(&reference, key)?;
    /// println!("{:?}", verdict.refusal());
    /// # Ok(()) }
    /// # let _ = verify;
    /// ```
    ///
    /// # Errors
    /// Fails if the registry has no such image, or if the registry does not answer.
    pub fn verify_by_key(
        &mut self,
        reference: &Reference,
        key: PublicKey,
    ) -> Result<Verdict, SignatureError> {
        let image = Named::of(reference);
        let found = self.resolve(reference)?;
        let digest = found[0].document.digest.clone();
        let keys = [key];
        let mut manifests = Vec::new();
        for found in found {
            let digest = found.document.digest;
            let attached = self.attached(&digest)?;
            let refusal = refusal(&attached, &keys, &Identity::MatchRepository, &image, &digest);
            manifests.push(Decided { digest, platform: found.platform, refusal });
        }
        Ok(Verdict { digest, rule: "key".to_owned(), manifests })
    }
}

/// Returns why no signature is accepted. A single accepted one is enough.
fn refusal(
    attached: &[Attached],
    keys: &[PublicKey],
    identity: &Identity,
    image: &Named,
    digest: &Digest,
) -> Option<String> {
    let mut reasons = Vec::new();
    for one in attached {
        let reason = reject(one, keys, identity, image, digest)?;
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        return Some(format!("a signature is required, and `{digest}` has none"));
    }
    Some(reasons.join("; "))
}

/// Returns why a signature is not accepted.
fn reject(
    one: &Attached,
    keys: &[PublicKey],
    identity: &Identity,
    image: &Named,
    digest: &Digest,
) -> Option<String> {
    if !keys.iter().any(|key| one.is_by(key)) {
        return Some("a signature is not by a key of the rule, or does not fit its payload".to_owned());
    }
    let Some(payload) = Payload::parse(&one.payload) else {
        return Some("a payload is not in the form that a device reads".to_owned());
    };
    if payload.digest != digest.to_string() {
        return Some(format!("a signature is for `{}`", payload.digest.escape_debug()));
    }
    if !identity.accepts(image, &payload.reference) {
        return Some(format!("a signature is for the name `{}`", payload.reference.escape_debug()));
    }
    None
}
