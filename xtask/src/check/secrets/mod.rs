//! Secrets that would ship in a layer: private keys, tokens, passwords. A short and precise set: what is
//! found is one, because a check with false findings is switched off.
//!
//! What is kept of a secret is its kind and its line, in findings and in the cache; never the secret.

mod key;
mod line;
mod scan;
mod token;

use serde::{Deserialize, Serialize};

pub(super) use scan::scan;

/// That there is a secret in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) kind: SecretKind,
    /// Counted from 1; none in a file that is not text.
    pub(crate) line: Option<u32>,
}

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum SecretKind {
    PrivateKey,
    /// A private key behind a passphrase.
    EncryptedKey,
    /// A private key of `WireGuard`.
    WireGuardKey,
    AwsKey,
    CratesIoToken,
    DockerToken,
    GitHubToken,
    GitLabToken,
    GoogleKey,
    NpmToken,
    PypiToken,
    SlackToken,
    StripeKey,
    /// The `auth` of containers-auth.json(5).
    RegistryLogin,
    /// A line of shadow(5) with a hash in it.
    PasswordHash,
    WifiPassword,
}

impl std::fmt::Display for SecretKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "a private key behind a passphrase",
            Self::WireGuardKey => "a private key of WireGuard",
            Self::AwsKey => "a secret access key of AWS",
            Self::CratesIoToken => "a token of crates.io",
            Self::DockerToken => "a token of Docker Hub",
            Self::GitHubToken => "a token of GitHub",
            Self::GitLabToken => "a token of GitLab",
            Self::GoogleKey => "an API key of Google",
            Self::NpmToken => "a token of npm",
            Self::PypiToken => "a token of PyPI",
            Self::SlackToken => "a token of Slack",
            Self::StripeKey => "a live key of Stripe",
            Self::RegistryLogin => "a registry's login",
            Self::PasswordHash => "a password's hash",
            Self::WifiPassword => "a password of a wireless network",
        })
    }
}
