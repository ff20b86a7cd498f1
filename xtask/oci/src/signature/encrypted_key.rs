//! Encrypted private keys: PKCS#8 with PBES2 (RFC 8018), and the file of cosign, which is JSON with scrypt and `NaCl`'s
//! secretbox.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs8::EncryptedPrivateKeyInfoRef;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use serde_json::Value;

use super::{Password, SignatureError};

/// The bytes of secretbox's authenticator, which come before the text.
const TAG: usize = 16;
/// The largest cost of scrypt that is computed: 1 GiB of memory. A damaged file must not ask for more.
const MEMORY_MAX: u64 = 1 << 30;

/// Decrypts PKCS#8.
pub(super) fn open_pkcs8(bytes: &[u8], password: &Password) -> Result<Vec<u8>, SignatureError> {
    let info = EncryptedPrivateKeyInfoRef::try_from(bytes).map_err(|_| SignatureError::Encryption)?;
    let opened = info.decrypt(password.reveal()).map_err(|_| SignatureError::WrongPassword)?;
    Ok(opened.as_bytes().to_vec())
}

/// Decrypts the file of cosign. The result is PKCS#8.
pub(super) fn open_cosign(bytes: &[u8], password: &Password) -> Result<Vec<u8>, SignatureError> {
    let file: Value = serde_json::from_slice(bytes).map_err(|_| SignatureError::Encryption)?;
    let (kdf, cipher) = (&file["kdf"], &file["cipher"]);
    if kdf["name"] != "scrypt" || cipher["name"] != "nacl/secretbox" {
        return Err(SignatureError::Encryption);
    }
    let decoded = |value: &Value| {
        let text = value.as_str().ok_or(SignatureError::Encryption)?;
        STANDARD.decode(text).map_err(|_| SignatureError::Encryption)
    };
    let number = |name: &str| {
        let number = kdf["params"][name].as_u64().and_then(|number| u32::try_from(number).ok());
        number.filter(|number| *number > 0).ok_or(SignatureError::Encryption)
    };
    let (cost, block, parallel) = (number("N")?, number("r")?, number("p")?);
    let memory = 128 * u64::from(cost) * u64::from(block);
    if !cost.is_power_of_two() || memory > MEMORY_MAX || parallel > 16 {
        return Err(SignatureError::Encryption);
    }
    let log = u8::try_from(cost.ilog2()).map_err(|_| SignatureError::Encryption)?;
    let params = scrypt::Params::new(log, block, parallel).map_err(|_| SignatureError::Encryption)?;
    let mut key = [0; 32];
    scrypt::scrypt(password.reveal(), &decoded(&kdf["salt"])?, &params, &mut key)
        .map_err(|_| SignatureError::Encryption)?;
    let nonce: [u8; 24] = decoded(&cipher["nonce"])?.try_into().map_err(|_| SignatureError::Encryption)?;
    open_secretbox(&key, &nonce, &decoded(&file["ciphertext"])?)
}

/// Opens a secretbox: `XSalsa20`, whose first 32 bytes are the key of Poly1305 over the encrypted text.
fn open_secretbox(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let (tag, text) = sealed.split_at_checked(TAG).ok_or(SignatureError::Encryption)?;
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut authenticator = [0; 32];
    stream.apply_keystream(&mut authenticator);
    let computed = Poly1305::new(&authenticator.into()).compute_unpadded(text);
    // Both are public: whoever has the file has the tag.
    if computed[..] != *tag {
        return Err(SignatureError::WrongPassword);
    }
    let mut opened = text.to_vec();
    stream.apply_keystream(&mut opened);
    Ok(opened)
}
