//! Finds tokens that begin with a name of their issuer, as the issuers document them. A further token is a further
//! row.

use std::ops::RangeInclusive;

use flate2::Crc;

use super::SecretKind;

/// The form of a token: its first characters, which characters follow, and how many.
struct Shape {
    prefix: &'static [u8],
    punctuation: &'static [u8],
    least: usize,
    most: usize,
    /// Whether the token ends in a checksum of the characters between the prefix and the checksum.
    has_checksum: bool,
    kind: SecretKind,
}

const fn shape(
    prefix: &'static str,
    punctuation: &'static str,
    [least, most]: [usize; 2],
    kind: SecretKind,
) -> Shape {
    let (prefix, punctuation) = (prefix.as_bytes(), punctuation.as_bytes());
    Shape { prefix, punctuation, least, most, has_checksum: false, kind }
}

const fn with_checksum(prefix: &'static str, lengths: [usize; 2], kind: SecretKind) -> Shape {
    Shape { has_checksum: true, ..shape(prefix, "", lengths, kind) }
}

const SHAPES: [Shape; 20] = [
    with_checksum("ghp_", [36, 255], SecretKind::GitHubToken),
    with_checksum("gho_", [36, 255], SecretKind::GitHubToken),
    with_checksum("ghu_", [36, 255], SecretKind::GitHubToken),
    with_checksum("ghs_", [36, 255], SecretKind::GitHubToken),
    with_checksum("ghr_", [36, 255], SecretKind::GitHubToken),
    shape("github_pat_", "_", [82, 255], SecretKind::GitHubToken),
    shape("glpat-", "_-.", [20, 300], SecretKind::GitLabToken),
    shape("gldt-", "_-", [20, 64], SecretKind::GitLabToken),
    shape("glrt-", "_-.", [20, 300], SecretKind::GitLabToken),
    shape("xoxb-", "-", [24, 255], SecretKind::SlackToken),
    shape("xoxp-", "-", [24, 255], SecretKind::SlackToken),
    shape("xoxa-", "-", [24, 255], SecretKind::SlackToken),
    with_checksum("npm_", [36, 36], SecretKind::NpmToken),
    shape("cio", "", [32, 32], SecretKind::CratesIoToken),
    shape("AIza", "_-", [35, 35], SecretKind::GoogleKey),
    shape("dckr_pat_", "_-", [27, 27], SecretKind::DockerToken),
    shape("pypi-AgEIcHlwaS5vcmc", "_-", [50, 255], SecretKind::PypiToken),
    shape("sk_live_", "", [24, 255], SecretKind::StripeKey),
    shape("AKIA", "", [16, 16], SecretKind::AwsKey),
    shape("ASIA", "", [16, 16], SecretKind::AwsKey),
];

/// The first two bytes of all shapes.
pub(super) const STARTS: [[u8; 2]; SHAPES.len()] = {
    let mut starts = [[0; 2]; SHAPES.len()];
    let mut next = 0;
    while next < SHAPES.len() {
        starts[next] = [SHAPES[next].prefix[0], SHAPES[next].prefix[1]];
        next += 1;
    }
    starts
};

/// The fewest different characters of a random token. A placeholder, `xxxx…`, has fewer.
const DIFFERENT: u32 = 10;
/// The most bytes between an AWS key's id and its secret.
const NEAR: usize = 512;
const AWS_SECRET: usize = 40;
/// The end of the secrets in the documentation of AWS, which are nobody's.
const AWS_EXAMPLE: &[u8] = b"EXAMPLEKEY";
/// The digits of base 62, as GitHub and npm order them.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: usize = 6;

/// Returns the kind of the token that begins at a place.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<SecretKind> {
    let rest = bytes.get(at..)?;
    let shape = SHAPES.iter().find(|shape| rest.starts_with(shape.prefix))?;
    if shape.has_checksum {
        // The checksum alone decides, because the texts of a program have nothing between them.
        let rest = rest.get(shape.prefix.len()..)?;
        return has_checksum(rest, shape.least..=shape.most).then_some(shape.kind);
    }
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let rest = rest.get(shape.prefix.len()..)?;
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || shape.punctuation.contains(byte);
    let length = rest.iter().take(shape.most + 1).take_while(|byte| inside(byte)).count();
    let token = rest.get(..length).filter(|_| (shape.least..=shape.most).contains(&length))?;
    let is_token = match shape.kind {
        // The id is not a secret.
        SecretKind::AwsKey => {
            let around = bytes.get(at.saturating_sub(NEAR)..bytes.len().min(at + NEAR))?;
            token.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && has_aws_secret(around)
        }
        _ => is_random(token) && !holds_prefix(token),
    };
    is_token.then_some(shape.kind)
}

/// Returns whether `bytes` begin with a token of one of these lengths that ends in its checksum: the CRC-32 of the
/// characters before it, in base 62.
fn has_checksum(bytes: &[u8], lengths: RangeInclusive<usize>) -> bool {
    let characters =
        bytes.iter().take(*lengths.end()).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let mut crc = Crc::new();
    lengths.take_while(|length| *length <= characters).any(|length| {
        let (content, checksum) = bytes[..length].split_at(length - CHECKSUM);
        let read = crc.amount() as usize;
        crc.update(&content[read..]);
        checksum == base62(crc.sum())
    })
}

fn base62(mut number: u32) -> [u8; CHECKSUM] {
    let mut digits = [0; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits
}

/// Returns whether there is a run of forty characters of base64 between other bytes.
fn has_aws_secret(around: &[u8]) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    around.split(|byte| !inside(byte)).any(|run| {
        let lower = run.iter().any(u8::is_ascii_lowercase);
        let upper = run.iter().any(u8::is_ascii_uppercase);
        let is_documented = run.ends_with(AWS_EXAMPLE);
        run.len() == AWS_SECRET && lower && upper && is_random(run) && !is_documented
    })
}

/// Returns whether there is another prefix in the token. A program that looks for tokens has its list of prefixes as
/// one long word.
fn holds_prefix(token: &[u8]) -> bool {
    let distinct = SHAPES.iter().map(|shape| shape.prefix).filter(|prefix| prefix.len() > 3);
    distinct.into_iter().any(|prefix| token.windows(prefix.len()).any(|window| window == prefix))
}

fn is_random(token: &[u8]) -> bool {
    let seen =
        token.iter().fold(0_u128, |seen, byte| seen | 1_u128.checked_shl(u32::from(*byte)).unwrap_or(0));
    seen.count_ones() >= DIFFERENT && token.iter().any(u8::is_ascii_digit)
}
