//! A private key for ECDSA on P-256, as PEM has it.

use std::error::Error;
use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use super::encrypted_key::{open_cosign, open_pkcs8};
use super::pem::Pem;
use super::{Password, PublicKey, SignatureError, Signer};

const PKCS8: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
/// What cosign writes now and wrote earlier; the content is the same.
const COSIGN_LABELS: [&str; 2] = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"];

/// PKCS#8 of a key on P-256 between its length and the key: the version, and the two identifiers (RFC 5958).
const ALGORITHM: [u8; 24] = [
    0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// A private key for ECDSA on P-256. It is never printed.
///
/// It is read from PKCS#8 (`openssl genpkey`), SEC1 (`openssl ecparam`), encrypted PKCS#8, and cosign's own file.
///
/// ```
/// use lapstrake_oci::signature::{SignatureError, SigningKey};
///
/// let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
/// assert!(matches!(SigningKey::from_pem(pem, None), Err(SignatureError::Key)));
/// let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
/// assert_eq!(
///     SigningKey::from_pem(pem, None).unwrap_err().to_string(),
///     "the file has `CERTIFICATE`, not a private key"
/// );
/// ```
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
    random: SystemRandom,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// Reads a key from PEM. The password is used only if the key is encrypted.
    ///
    /// # Errors
    /// Fails if the text is not PEM, not of a private key on P-256, or if the password does not open it.
    pub fn from_pem(text: &str, password: Option<&Password>) -> Result<Self, SignatureError> {
        let labels = [PKCS8, ENCRYPTED, SEC1, COSIGN_LABELS[0], COSIGN_LABELS[1]];
        let pem = Pem::parse(text, &labels, "a private key")?;
        let password = || password.ok_or(SignatureError::NoPassword);
        let pkcs8 = match pem.label {
            PKCS8 => pem.bytes,
            SEC1 => of_sec1(&pem.bytes)?,
            ENCRYPTED => open_pkcs8(&pem.bytes, password()?)?,
            _ => open_cosign(&pem.bytes, password()?)?,
        };
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &random);
        let pair = pair.map_err(|_| SignatureError::Key)?;
        let public = PublicKey::of_point(pair.public_key().as_ref());
        Ok(Self { pair, public, random })
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        let signature = self.pair.sign(&self.random, bytes);
        Ok(signature.map_err(|_| "the system has no random numbers")?.as_ref().to_vec())
    }
}

/// Wraps a key of SEC1 as PKCS#8. A key with its public part is shorter than 128 bytes; the wrapping is not.
fn of_sec1(key: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let length = |length: usize| u8::try_from(length).map_err(|_| SignatureError::Key);
    let octets = [&[0x04, length(key.len())?][..], key].concat();
    if key.len() > 127 {
        return Err(SignatureError::Key);
    }
    let content = [&ALGORITHM[..], &octets].concat();
    let total = length(content.len())?;
    let head: &[u8] = if total < 128 { &[0x30, total] } else { &[0x30, 0x81, total] };
    Ok([head, &content].concat())
}

#[cfg(test)]
mod tests;
