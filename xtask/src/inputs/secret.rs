//! Secrets of the machine that builds. A value is in no error and no `Debug`.

use std::fmt;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::SecretId;

use super::{InputError, InputFile};
use crate::plan::{NotAHash, PlannedSecret, SecretFrom, SecretHash, refused_hash};
use crate::support::explain::Explain;

/// A secret can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("secret `{id}` is the variable `{variable}`, which is not set")]
    NoVariable { id: SecretId, variable: String },
    #[error("secret `{id}` is the file `{path}`, which can't be read")]
    File { id: SecretId, path: Utf8PathBuf, source: io::Error },
}

impl Explain for SecretError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoVariable { variable, .. } => {
                Some(format!("run `read -rs {variable} && export {variable}`"))
            }
            Self::File { .. } => None,
        }
    }
}

/// The text of a file that is not printed.
#[derive(Clone)]
pub(super) struct SecretText(pub(super) String);

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}

/// Returns the value of a secret; a relative path starts at `root`.
pub(crate) fn secret_value(secret: &PlannedSecret, root: &Utf8Path) -> Result<Vec<u8>, SecretError> {
    let id = || secret.id.clone();
    match &secret.from {
        SecretFrom::Variable(name) => {
            let value = std::env::var_os(name.as_str()).filter(|value| !value.is_empty());
            let missing = || SecretError::NoVariable { id: id(), variable: name.to_string() };
            Ok(value.ok_or_else(missing)?.into_encoded_bytes())
        }
        SecretFrom::File(path) => {
            let path = placed(path, root);
            fs::read(&path).map_err(|source| SecretError::File { id: id(), path, source })
        }
    }
}

/// Returns where the file of a secret is.
pub(crate) fn placed(path: &Utf8Path, root: &Utf8Path) -> Utf8PathBuf {
    let home = || std::env::var("HOME").ok().map(Utf8PathBuf::from);
    match path.strip_prefix("~").ok().zip(home()) {
        Some((rest, home)) => home.join(rest),
        None => root.join(path),
    }
}

/// The hash of a password can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("secret `{}` {}", secret.id, reason.reason())]
    Refused { secret: PlannedSecret, reason: NotAHash },
}

impl Explain for HashError {
    fn help(&self) -> Option<String> {
        let make = "openssl passwd -6";
        match self {
            Self::Secret(SecretError::NoVariable { variable, .. }) => {
                Some(format!("run `export {variable}=\"$({make})\"`, which asks for the password"))
            }
            Self::Secret(source) => source.help(),
            Self::Refused { secret, .. } => Some(match &secret.from {
                SecretFrom::Variable(name) => {
                    format!("run `export {name}=\"$({make})\"`, which asks for the password")
                }
                SecretFrom::File(path) => format!("run `{make} > {path}`, which asks for the password"),
            }),
        }
    }
}

/// Returns the file whose content is the hash. The end of the last line is not a part of it.
pub(crate) fn secret_hash(hash: &SecretHash, root: &Utf8Path) -> Result<InputFile, InputError> {
    let failed = |source| InputError::Hash { site: hash.site, source };
    let value = secret_value(&hash.secret, root).map_err(|source| failed(source.into()))?;
    let text = String::from_utf8_lossy(&value);
    let text = text.trim_end_matches('\n');
    match refused_hash(text) {
        None => Ok(InputFile::of_secret(text)),
        Some(reason) => Err(failed(HashError::Refused { secret: hash.secret.clone(), reason })),
    }
}
