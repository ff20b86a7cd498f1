//! Signed tokens (RFC 7519): a header and claims in JSON, and a signature, each in base64url.

use serde_json::Value;

use super::SecretKind;

/// No part is longer, in characters.
const PART_MAX: usize = 8 << 10;
/// The shortest signature has 32 bytes.
const SIGNATURE_MIN: usize = 43;
/// The signatures of the token that every introduction shows.
const DOCUMENTED: [&[u8]; 2] =
    [b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c", b"TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ"];

/// Returns the token that begins at a place.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<SecretKind> {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    if before.is_some_and(|byte| is_inside(*byte) || *byte == b'.') {
        return None;
    }
    let (header, rest) = part(bytes.get(at..)?)?;
    if !header.starts_with(b"eyJ") {
        return None;
    }
    let (claims, rest) = part(rest.strip_prefix(b".")?)?;
    let (signature, _) = part(rest.strip_prefix(b".")?)?;
    let algorithm = object(header)?.get("alg")?.as_str()?.to_owned();
    let is_signed = ["HS", "RS", "ES", "PS", "Ed"].iter().any(|start| algorithm.starts_with(start));
    object(claims)?;
    (is_signed && signature.len() >= SIGNATURE_MIN && !DOCUMENTED.contains(&signature))
        .then_some(SecretKind::SignedToken)
}

fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = bytes.iter().take(PART_MAX).take_while(|byte| is_inside(**byte)).count();
    bytes.split_at_checked(length)
}

fn object(part: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(&decoded(part)?).ok().filter(Value::is_object)
}

/// Decodes base64url without padding.
fn decoded(part: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::new();
    for group in part.chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            bits = bits << 6 | u32::from(digit(byte)?);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(group.len() - 1));
    }
    Some(bytes)
}
