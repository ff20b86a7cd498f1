//! Finds secrets in the bytes of a file, in one pass and in time that grows with its length alone. Any
//! bytes will do.

use super::key;
use super::line;
use super::token;
use super::{Secret, SecretKind};

/// At most so many secrets of one file are reported.
const MOST: usize = 16;

/// The secrets in a file's bytes, in order of their lines, each kind once a line.
pub(crate) fn scan(bytes: &[u8]) -> Vec<Secret> {
    let is_text = !bytes.contains(&0);
    let mut found: Vec<(SecretKind, usize)> = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        let &[first, second] = pair else { continue };
        if !is_start(first, second) || found.len() >= MOST {
            continue;
        }
        let kind = if first == b'-' { key::at(bytes, at) } else { token::at(bytes, at) };
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
    let dashes = u16::from_be_bytes(*b"--") as usize;
    starts[dashes >> 6] |= 1 << (dashes & 63);
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
        secrets.push(Secret { kind, line: is_text.then_some(line) });
    }
    secrets.dedup();
    secrets.truncate(MOST);
    secrets
}
