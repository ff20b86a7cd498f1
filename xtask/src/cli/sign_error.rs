//! Why an image is not signed, or is refused by `image verify`.

use crate::support::explain::{Exit, Explain};

#[cfg(feature = "registry")]
use {
    camino::Utf8PathBuf,
    lapstrake::value::{Invalid, Reference},
    lapstrake_oci::signature::SignatureError,
    std::io,
};

#[cfg(feature = "registry")]
use crate::deliver::help_of_registry;
#[cfg(feature = "registry")]
use crate::support::shell::word;

/// An image is not signed, or is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    #[cfg(not(feature = "registry"))]
    #[error("this program was compiled without the registry client")]
    NotCompiled,
    #[cfg(feature = "registry")]
    #[error("no reference is named, and image `{image}` has none in its description")]
    NoReference { image: String },
    #[cfg(feature = "registry")]
    #[error(transparent)]
    Reference(Invalid),
    #[cfg(feature = "registry")]
    #[error("`{path}` can't be read")]
    File { path: Utf8PathBuf, source: io::Error },
    #[cfg(feature = "registry")]
    #[error("`{path}` can be read by others")]
    Readable { path: Utf8PathBuf },
    #[cfg(feature = "registry")]
    #[error("the environment has no `{variable}`")]
    Variable { variable: String },
    #[cfg(feature = "registry")]
    #[error("the key in {place} can't be used")]
    Key { place: String, source: SignatureError },
    #[cfg(feature = "registry")]
    #[error("`docker://{reference}` can't be signed")]
    Sign { reference: Reference, source: SignatureError },
    #[cfg(feature = "registry")]
    #[error("`docker://{reference}` can't be verified")]
    Verify { reference: Reference, source: SignatureError },
    #[cfg(feature = "registry")]
    #[error(transparent)]
    Device(SignatureError),
    #[cfg(feature = "registry")]
    #[error("`docker://{reference}` is refused by `{rule}`: {reason}")]
    Refused { reference: Reference, rule: String, reason: String },
}

impl Explain for SignError {
    fn help(&self) -> Option<String> {
        match self {
            #[cfg(not(feature = "registry"))]
            Self::NotCompiled => Some(
                "run `cargo add lapstrake-xtask --features registry` in the package of the xtask".to_owned(),
            ),
            #[cfg(feature = "registry")]
            Self::NoReference { .. } => Some("name it: `HOST/REPOSITORY:TAG`".to_owned()),
            #[cfg(feature = "registry")]
            Self::Reference(error) => error.help().map(ToOwned::to_owned),
            #[cfg(feature = "registry")]
            Self::Readable { path } => Some(format!("run `chmod 600 {}`", word(path.as_str()))),
            #[cfg(feature = "registry")]
            Self::Key { source, .. } => help_of_signature(source, None),
            #[cfg(feature = "registry")]
            Self::Sign { reference, source } | Self::Verify { reference, source } => {
                help_of_signature(source, Some(reference))
            }
            #[cfg(feature = "registry")]
            Self::Refused { reference, reason, .. } if reason.starts_with("a signature is required") => {
                Some(format!("sign it: `cargo xtask image sign {reference} --key PATH`"))
            }
            #[cfg(feature = "registry")]
            Self::File { .. } | Self::Variable { .. } | Self::Device(_) | Self::Refused { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            #[cfg(feature = "registry")]
            Self::NoReference { .. } | Self::Reference(_) | Self::Variable { .. } => Exit::Usage,
            #[cfg(feature = "registry")]
            Self::Refused { .. } => Exit::Findings,
            _ => Exit::Failure,
        }
    }
}

#[cfg(feature = "registry")]
fn help_of_signature(error: &SignatureError, reference: Option<&Reference>) -> Option<String> {
    let text = match error {
        SignatureError::NoPassword => "write `--password-env VARIABLE` or `--password-file PATH`",
        SignatureError::Encryption => "encrypt it again: `openssl pkcs8 -topk8 -in OLD -out NEW`",
        SignatureError::Key => {
            "make one: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key`"
        }
        SignatureError::Label { wanted, .. } if *wanted == "a public key" => {
            "write the public key: `openssl pkey -in sign.key -pubout -out sign.pub`"
        }
        SignatureError::OtherKey { .. } => "name the public key of the signer by `--public-key`",
        SignatureError::Registry(source) => return help_of_registry(reference?, source),
        _ => return None,
    };
    Some(text.to_owned())
}
