//! PEM (RFC 7468): the first block of a text, by its label.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SignatureError;

/// A block of PEM.
pub(super) struct Pem<'a> {
    pub(super) label: &'a str,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Pem<'a> {
    /// Parses the first block that is wanted; a file of openssl has the parameters of the curve before the key.
    pub(super) fn parse(
        text: &'a str,
        labels: &[&str],
        wanted: &'static str,
    ) -> Result<Self, SignatureError> {
        let mut other = None;
        for part in text.split("-----BEGIN ").skip(1) {
            let (label, rest) = part.split_once("-----").ok_or(SignatureError::NoPem)?;
            if !labels.contains(&label) {
                other.get_or_insert(label);
                continue;
            }
            let end = format!("-----END {label}-----");
            let (body, _) = rest.split_once(&end).ok_or(SignatureError::NoPem)?;
            // The older encryption of openssl has headers.
            if body.contains(':') {
                return Err(SignatureError::Encryption);
            }
            let body: String = body.split_ascii_whitespace().collect();
            // The decoder's error quotes a byte of the key.
            let bytes = STANDARD.decode(body).map_err(|_| SignatureError::NoPem)?;
            return Ok(Self { label, bytes });
        }
        match other {
            Some(label) => Err(SignatureError::Label { label: shortened(label), wanted }),
            None => Err(SignatureError::NoPem),
        }
    }
}

/// Returns a label as an error shows it. A label has few words; anything longer is not one.
fn shortened(label: &str) -> String {
    let is_label = label.len() <= 60 && label.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ');
    if is_label { label.to_owned() } else { "an unknown block".to_owned() }
}

/// Encodes bytes as a block of PEM.
pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for start in (0..body.len()).step_by(64) {
        text += &body[start..body.len().min(start + 64)];
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
