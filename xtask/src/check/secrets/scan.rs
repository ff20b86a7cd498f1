//! Finds secrets in the bytes of a file, in one pass and in time that grows with its length alone. Any
//! bytes will do.

use super::token;
use super::{Secret, SecretKind};
use super::{der, jwt, key, line, utf16};

/// At most so many secrets of one file are reported.
pub(super) const MOST: usize = 16;

/// The secrets in a file's bytes, in order of their lines, each kind once a line.
pub(crate) fn scan(bytes: &[u8]) -> Vec<Secret> {
    if let Some(kind) = der::key(bytes) {
        return vec![Secret { kind, line: None, member: None }];
    }
    if let Some(text) = utf16::text(bytes) {
        return scan(text.as_bytes());
    }
    let is_text = !bytes.contains(&0);
    let mut found: Vec<(SecretKind, usize)> = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        let &[first, second] = pair else { continue };
        if !is_start(first, second) || found.len() >= MOST {
            continue;
        }
        let kind = match first {
            b'-' => key::at(bytes, at),
            // A program may have one as an example.
            b'e' => jwt::at(bytes, at).filter(|_| is_text),
            _ => token::at(bytes, at),
        };
        found.extend(kind.map(|kind| (kind, at)));
    }
    if is_text {
        found.extend(line::secrets(bytes).take(MOST));
    }
    told(bytes, found, is_text)
}

/// The two bytes that keys and tokens begin with, a bit for each pair: most pairs of a program are none.
const STARTS: [u64; 1 << 10] = {
    let mut starts = [0; 1 << 10];
    let mut next = 0;
    while next < token::STARTS.len() {
        let pair = u16::from_be_bytes(token::STARTS[next]) as usize;
        starts[pair >> 6] |= 1 << (pair & 63);
        next += 1;
    }
    let others = [u16::from_be_bytes(*b"--") as usize, u16::from_be_bytes(*b"ey") as usize];
    starts[others[0] >> 6] |= 1 << (others[0] & 63);
    starts[others[1] >> 6] |= 1 << (others[1] & 63);
    starts
};

fn is_start(first: u8, second: u8) -> bool {
    let pair = usize::from(u16::from_be_bytes([first, second]));
    STARTS[pair >> 6] >> (pair & 63) & 1 == 1
}

/// Places become lines.
fn told(bytes: &[u8], mut found: Vec<(SecretKind, usize)>, is_text: bool) -> Vec<Secret> {
    found.sort_by_key(|(_, at)| *at);
    let mut secrets = Vec::new();
    let (mut line, mut counted) = (1_u32, 0);
    for (kind, at) in found {
        let between = bytes.get(counted..at).unwrap_or_default();
        let lines = between.split(|byte| *byte == b'\n').count().saturating_sub(1);
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        counted = at;
        secrets.push(Secret { kind, line: is_text.then_some(line), member: None });
    }
    secrets.dedup();
    secrets.truncate(MOST);
    secrets
}
