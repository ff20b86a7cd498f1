//! A public key for ECDSA on P-256, and what it has signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::SignatureError;
use super::pem::{Pem, encode};
use crate::Digest;

/// The DER of a `SubjectPublicKeyInfo` of P-256 before its point (RFC 5480): two identifiers, and a bit string.
const PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// An uncompressed point.
const POINT: usize = 65;
const LABEL: &str = "PUBLIC KEY";

/// A public key for ECDSA on P-256, as `cosign.pub` and `openssl pkey -pubout` have it.
///
/// ```
/// use lapstrake_oci::signature::PublicKey;
///
/// let pem = "-----BEGIN PUBLIC KEY-----\n\
///     MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErCHl4phv8A43m/JRI4OsOkSWIj4/\n\
///     KN7jrwbwb8uADCDn2iC3X7McARvoCp/VF1W4qb/u5PSGvVjN7pLhg4oiZw==\n\
///     -----END PUBLIC KEY-----\n";
/// let key = PublicKey::from_pem(pem)?;
/// assert_eq!(key.to_pem(), pem);
/// assert!(key.fingerprint().starts_with("e5f09e8d18220d5c"));
/// assert!(!key.verify(b"payload", b"not a signature"));
/// # Ok::<_, lapstrake_oci::signature::SignatureError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// Fails if the text is not PEM, or not of a key on P-256.
    pub fn from_pem(text: &str) -> Result<Self, SignatureError> {
        let pem = Pem::parse(text, &[LABEL], "a public key")?;
        let point = pem.bytes.strip_prefix(&PREFIX).filter(|point| point.len() == POINT && point[0] == 4);
        point.map(Self::of_point).ok_or(SignatureError::Key)
    }

    pub(super) fn of_point(point: &[u8]) -> Self {
        Self(point.to_vec())
    }

    /// Returns the key as PEM.
    pub fn to_pem(&self) -> String {
        encode(LABEL, &self.to_der())
    }

    /// Returns whether the key has signed the bytes; the signature is DER.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(bytes, signature).is_ok()
    }

    /// Returns the SHA-256 of the key in DER, in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        Digest::of(&self.to_der()).hex()
    }

    /// Returns how a bundle of sigstore names the key.
    pub(super) fn hint(&self) -> String {
        STANDARD.encode(Digest::of(&self.to_der()).as_bytes())
    }

    fn to_der(&self) -> Vec<u8> {
        [&PREFIX[..], &self.0].concat()
    }
}
