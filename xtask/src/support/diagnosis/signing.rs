//! The phrases of the program that signs kernel modules in a build stage.

use std::fmt;

use super::{Diagnosis, failed_step};

/// The program in the stage. Its output is read only if its step has failed.
pub(crate) const SIGN_MODULES: &str = "/run/signing/sign-modules";

/// Why no module is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SigningFault {
    NoProgram { kernel: String },
    OtherKey,
    Pin,
    NoKey,
}

/// Reads the output of a build whose last step signs.
pub(super) fn fault(lines: &[String]) -> Option<Diagnosis> {
    failed_step(lines).filter(|step| step.contains(SIGN_MODULES))?;
    let has = |phrases: &[&str]| lines.iter().any(|line| phrases.iter().any(|phrase| line.contains(phrase)));
    let kernel =
        lines.iter().find_map(|line| Some(line.split_once("no scripts/sign-file for kernel ")?.1.to_owned()));
    if let Some(kernel) = kernel {
        Some(SigningFault::NoProgram { kernel })
    } else if has(&["key values mismatch", "private key does not match certificate"]) {
        Some(SigningFault::OtherKey)
    } else if has(&["bad password read", "bad decrypt", "unable to get passphrase"]) {
        Some(SigningFault::Pin)
    } else if has(&["sign-file: /run/secrets/"]) {
        Some(SigningFault::NoKey)
    } else {
        None
    }
    .map(Diagnosis::Signing)
}

impl SigningFault {
    pub(super) fn help(&self) -> String {
        match self {
            Self::NoProgram { .. } => {
                "install the headers of that kernel in the stage: `kernel-devel`, or Debian's `linux-headers-VERSION`".to_owned()
            }
            Self::OtherKey => {
                "give the certificate of that key: `openssl x509 -noout -pubkey` of it prints what `openssl pkey -pubout` of the key does".to_owned()
            }
            Self::Pin => "add `.pin(Secret::env(\"module-pin\", \"MODULE_PIN\"))`, the PIN of that key".to_owned(),
            Self::NoKey => "give a private key in PEM: `-----BEGIN PRIVATE KEY-----`".to_owned(),
        }
    }
}

impl fmt::Display for SigningFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProgram { kernel } => {
                write!(f, "the build stage has no `scripts/sign-file` for kernel `{kernel}`")
            }
            Self::OtherKey => f.write_str("the private key does not belong to the certificate"),
            Self::Pin => f.write_str("the private key is encrypted, and its PIN is missing or wrong"),
            Self::NoKey => f.write_str("the secret is not a private key that `sign-file` reads"),
        }
    }
}
