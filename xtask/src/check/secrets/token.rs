//! Tokens that carry their issuer's name in front, as the issuers document them. Further ones are further
//! rows.

use super::SecretKind;

/// A shape: what comes first, which characters follow, and how many.
struct Shape {
    prefix: &'static [u8],
    punctuation: &'static [u8],
    least: usize,
    most: usize,
    kind: SecretKind,
}

const fn shape(
    prefix: &'static str,
    punctuation: &'static str,
    [least, most]: [usize; 2],
    kind: SecretKind,
) -> Shape {
    Shape { prefix: prefix.as_bytes(), punctuation: punctuation.as_bytes(), least, most, kind }
}

const SHAPES: [Shape; 20] = [
    shape("ghp_", "", [36, 255], SecretKind::GitHubToken),
    shape("gho_", "", [36, 255], SecretKind::GitHubToken),
    shape("ghu_", "", [36, 255], SecretKind::GitHubToken),
    shape("ghs_", "", [36, 255], SecretKind::GitHubToken),
    shape("ghr_", "", [36, 255], SecretKind::GitHubToken),
    shape("github_pat_", "_", [82, 255], SecretKind::GitHubToken),
    shape("glpat-", "_-.", [20, 300], SecretKind::GitLabToken),
    shape("gldt-", "_-", [20, 64], SecretKind::GitLabToken),
    shape("glrt-", "_-.", [20, 300], SecretKind::GitLabToken),
    shape("xoxb-", "-", [24, 255], SecretKind::SlackToken),
    shape("xoxp-", "-", [24, 255], SecretKind::SlackToken),
    shape("xoxa-", "-", [24, 255], SecretKind::SlackToken),
    shape("npm_", "", [36, 36], SecretKind::NpmToken),
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

/// A token of chance has more different characters than a placeholder, `xxxx…`.
const DIFFERENT: u32 = 10;
/// So far from the key's id, in bytes, is its secret.
const NEAR: usize = 512;
const AWS_SECRET: usize = 40;

/// The token that begins at a place.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<SecretKind> {
    let rest = bytes.get(at..)?;
    let shape = SHAPES.iter().find(|shape| rest.starts_with(shape.prefix))?;
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let rest = rest.get(shape.prefix.len()..)?;
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || shape.punctuation.contains(byte);
    let length = rest.iter().take(shape.most + 1).take_while(|byte| inside(byte)).count();
    let token = rest.get(..length).filter(|_| (shape.least..=shape.most).contains(&length))?;
    let is_token = match shape.kind {
        // The id is no secret.
        SecretKind::AwsKey => {
            let around = bytes.get(at.saturating_sub(NEAR)..bytes.len().min(at + NEAR))?;
            token.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && has_aws_secret(around)
        }
        _ => is_random(token) && !holds_prefix(token),
    };
    is_token.then_some(shape.kind)
}

/// A run of forty characters of base64 between others.
fn has_aws_secret(around: &[u8]) -> bool {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    around.split(|byte| !inside(byte)).any(|run| {
        let lower = run.iter().any(u8::is_ascii_lowercase);
        let upper = run.iter().any(u8::is_ascii_uppercase);
        run.len() == AWS_SECRET && lower && upper && is_random(run)
    })
}

/// A scanner's list of prefixes lies in its program as one long word.
fn holds_prefix(token: &[u8]) -> bool {
    let distinct = SHAPES.iter().map(|shape| shape.prefix).filter(|prefix| prefix.len() > 3);
    distinct.into_iter().any(|prefix| token.windows(prefix.len()).any(|window| window == prefix))
}

fn is_random(token: &[u8]) -> bool {
    let seen =
        token.iter().fold(0_u128, |seen, byte| seen | 1_u128.checked_shl(u32::from(*byte)).unwrap_or(0));
    seen.count_ones() >= DIFFERENT && token.iter().any(u8::is_ascii_digit)
}
