//! Private keys as PEM has them (RFC 7468): the header, a body, and the end. The header alone is a
//! constant that every TLS library holds.

use super::SecretKind;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
const END: &[u8] = b"-----END ";
const LABEL: &[u8] = b"PRIVATE KEY";
/// The labels before `PRIVATE KEY`, and ` BLOCK` after it, are short.
const LABEL_MAX: usize = 64;
/// The shortest key, of Ed25519 in PKCS #8, has 64 characters.
const BODY_MIN: usize = 48;
/// What an OpenSSH key begins with that has no passphrase: its magic, and the cipher `none`.
const OPEN: &[u8] = b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";

/// The key that begins at a place.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<SecretKind> {
    let rest = bytes.get(at..)?.strip_prefix(BEGIN)?;
    let label = rest.get(..find(rest.get(..LABEL_MAX.min(rest.len()))?, DASHES)?)?;
    let named = label.strip_suffix(b" BLOCK").unwrap_or(label);
    if !named.ends_with(LABEL) {
        return None;
    }
    // No further than to the next dashes, so that many headers are no more work than one.
    let body = rest.get(label.len() + DASHES.len()..)?;
    let end = find(body, DASHES)?;
    if !body.get(end..)?.strip_prefix(END)?.starts_with(label) {
        return None;
    }
    let body = body.get(..end)?;
    let mut length = 0;
    let mut locked = named.starts_with(b"ENCRYPTED ");
    let mut first = true;
    for line in lines(body) {
        // `Proc-Type: 4,ENCRYPTED` of RFC 1421, `Version: …` of PGP.
        if line.contains(&b':') {
            locked |= line.ends_with(b",ENCRYPTED");
            continue;
        }
        if !line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)) {
            return None;
        }
        if first && !line.is_empty() {
            locked |= named.starts_with(b"OPENSSH ") && !line.starts_with(OPEN);
            first = false;
        }
        length += line.len();
    }
    (length >= BODY_MIN).then_some(if locked { SecretKind::EncryptedKey } else { SecretKind::PrivateKey })
}

/// Lines as a file has them, or as a string in JSON: ended by a backslash and an `n`.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n').flat_map(|line| {
        let mut rest = Some(line);
        std::iter::from_fn(move || {
            let line = rest?;
            let end = find(line, b"\\n");
            rest = end.and_then(|end| line.get(end + 2..));
            Some(line.get(..end.unwrap_or(line.len())).unwrap_or_default().trim_ascii())
        })
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
