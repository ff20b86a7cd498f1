//! Private keys in DER, by the structures of PKCS #1, #8 and #12 and of SEC 1. A file is a key if it is one such structure
//! from its first byte to its last.

use super::SecretKind;
use crate::support::der::value;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The tags of the curve and of the public key in an EC key.
const PARAMETERS: [u8; 2] = [0xa0, 0xa1];
/// PKCS #5, of which a passphrase is a part: 1.2.840.113549.1.5, and the older 1.2.840.113549.1.12.1.
const BY_PASSPHRASE: [&[u8]; 2] =
    [b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"];
/// The content types of PKCS #7: 1.2.840.113549.1.7.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// The bags of PKCS #12 with a key and with one behind a passphrase: 1.2.840.113549.1.12.10.1.1 and .2.
const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
const SHROUDED_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
/// A key is smaller, in bytes. A store of certificates may be larger.
const KEY_MAX: usize = 16 << 10;
const STORE_MAX: usize = 8 << 20;

/// Returns the key that the bytes of a file are.
pub(super) fn key(bytes: &[u8]) -> Option<SecretKind> {
    if bytes.len() > STORE_MAX || bytes.first() != Some(&SEQUENCE) {
        return None;
    }
    let ((SEQUENCE, content), []) = value(bytes)? else { return None };
    let (first, rest) = value(content)?;
    match first {
        (INTEGER, [3]) => store(rest, content),
        _ if bytes.len() > KEY_MAX => None,
        (SEQUENCE, algorithm) => {
            let ((OBJECT, name), _) = value(algorithm)? else { return None };
            let ((OCTETS, _), []) = value(rest)? else { return None };
            BY_PASSPHRASE.iter().any(|by| name.starts_with(by)).then_some(SecretKind::EncryptedKey)
        }
        (INTEGER, [0 | 1]) => open(rest, first.1),
        _ => None,
    }
}

/// A key that no passphrase protects, after its version.
fn open(rest: &[u8], version: &[u8]) -> Option<SecretKind> {
    let (second, rest) = value(rest)?;
    let is_key = match second {
        // PKCS #8: an algorithm, and the key.
        (SEQUENCE, algorithm) => {
            matches!(value(algorithm)?.0, (OBJECT, _))
                && matches!(value(rest)?.0, (OCTETS, key) if key.len() >= 32)
        }
        // SEC 1: the key, its curve and its public key.
        (OCTETS, key) => {
            version == [1] && (20..=66).contains(&key.len()) && PARAMETERS.contains(&value(rest)?.0.0)
        }
        // PKCS #1: nine numbers, of which the first is the modulus.
        (INTEGER, modulus) => modulus.len() >= 64 && has_numbers(rest, 7),
        _ => false,
    };
    is_key.then_some(SecretKind::PrivateKey)
}

/// A store of PKCS #12, after its version. One of certificates alone has no bag with a key.
fn store(rest: &[u8], content: &[u8]) -> Option<SecretKind> {
    let ((SEQUENCE, safe), _) = value(rest)? else { return None };
    let ((OBJECT, name), _) = value(safe)? else { return None };
    if !name.starts_with(PKCS7) {
        return None;
    }
    let has = |bag: &[u8]| content.windows(bag.len()).any(|window| window == bag);
    if has(KEY_BAG) {
        Some(SecretKind::PrivateKey)
    } else {
        has(SHROUDED_BAG).then_some(SecretKind::EncryptedKey)
    }
}

fn has_numbers(mut rest: &[u8], count: usize) -> bool {
    (0..count).all(|_| match value(rest) {
        Some(((INTEGER, _), after)) => {
            rest = after;
            true
        }
        _ => false,
    })
}
