//! Signs bytes.

use std::error::Error;

use super::PublicKey;

/// Signs bytes: a key in memory, or a program that has the key in hardware or at a service.
///
/// ```
/// use lapstrake_oci::signature::{PublicKey, Signer};
///
/// #[derive(Debug)]
/// struct Hardware(PublicKey);
///
/// impl Signer for Hardware {
///     fn public_key(&self) -> &PublicKey {
///         &self.0
///     }
///
///     fn sign(&self, _bytes: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
///         Err("the token is not plugged in".into())
///     }
/// }
/// ```
pub trait Signer: std::fmt::Debug {
    /// Returns the public key of the signatures.
    fn public_key(&self) -> &PublicKey;

    /// Signs the SHA-256 of the bytes by ECDSA on P-256. The signature is DER.
    ///
    /// # Errors
    /// Fails if the key can't be used. The error must not show it.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>>;
}
