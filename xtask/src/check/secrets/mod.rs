//! Secrets that would ship in a layer: private keys, tokens, passwords. A short and precise set: what is
//! found is one, because a check with false findings is switched off.
//!
//! What is kept of a secret is its kind and its line, in findings and in the cache; never the secret.

mod der;
mod jwt;
mod key;
mod line;
mod password;
mod scan;
mod token;
mod utf16;
mod wrapped;

use serde::{Deserialize, Serialize};

pub(super) use scan::scan;
pub(super) use wrapped::scan_file;

/// That there is a secret in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) kind: SecretKind,
    /// Counted from 1; none in a file that is not text.
    pub(crate) line: Option<u32>,
    /// The member that has it, in a file that is an archive.
    pub(crate) member: Option<String>,
}

/// The secrets of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) secrets: Vec<Secret>,
    /// Whether a part of the file was too large to be looked at.
    pub(crate) is_cut: bool,
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
    AzureKey,
    /// A JSON Web Token.
    SignedToken,
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
    /// A password or token in a file of a known format.
    Password,
}

impl std::fmt::Display for SecretKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "a private key behind a passphrase",
            Self::WireGuardKey => "a private key of WireGuard",
            Self::AwsKey => "a secret access key of AWS",
            Self::AzureKey => "an access key of Azure",
            Self::SignedToken => "a signed token (JWT)",
            Self::Password => "a password",
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
