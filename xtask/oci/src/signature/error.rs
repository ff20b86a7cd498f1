//! Why a key can't be used, or an image can't be signed.

use std::error::Error;
use std::io;

use camino::Utf8PathBuf;

use crate::{DigestError, RegistryError};

/// States why an image can't be signed or verified. No variant holds a key, a password, or the text of a key file.
///
/// ```
/// use lapstrake_oci::signature::{PublicKey, SignatureError};
///
/// let error = PublicKey::from_pem("no key").unwrap_err();
/// assert!(matches!(error, SignatureError::NoPem));
/// assert_eq!(error.to_string(), "the file is not PEM");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The text of a key has no PEM block.
    #[error("the file is not PEM")]
    NoPem,
    /// The PEM block is of another kind.
    #[error("the file has `{label}`, not {wanted}")]
    Label {
        /// The label of the block.
        label: String,
        /// What is read here.
        wanted: &'static str,
    },
    /// The key is not for ECDSA on P-256, or is damaged.
    #[error("the key is not an ECDSA key on P-256 with its public part")]
    Key,
    /// The encryption of the key is unknown, or its fields are damaged.
    #[error("the key is encrypted in a way that is not read here")]
    Encryption,
    /// The key is encrypted, and no password was given.
    #[error("the key is encrypted, and no password is given")]
    NoPassword,
    /// The password does not open the key.
    #[error("the password does not open the key")]
    WrongPassword,
    /// The signer failed.
    #[error("the signer failed")]
    Signer(#[source] Box<dyn Error + Send + Sync>),
    /// The signer returned something else than a signature by the public key.
    #[error("the signer returned what is not a signature by the public key `{key}`")]
    OtherKey {
        /// The start of the public key's digest.
        key: String,
    },
    /// The registry has no such image.
    #[error("the registry has no image `{reference}`")]
    NoImage {
        /// The reference.
        reference: String,
    },
    /// A document of the registry is not in its form.
    #[error("`{what}` can't be parsed")]
    Document {
        /// The document, by its tag or digest.
        what: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// A file of the device can't be read.
    #[error("`{path}` can't be read")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file of the device is not in its form. A device with it refuses every image.
    #[error("`{path}` is not what a device reads, and it would refuse every image: {reason}")]
    Form {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A document names a digest that can't be used.
    #[error("the image names a digest that can't be used")]
    Digest(#[from] DigestError),
    /// The registry can't be used.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}
