//! The options that name a signing key. A key and its password are never words of a command line.

use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{ArgGroup, Args};
use lapstrake_oci::regular;
use lapstrake_oci::signature::{Password, PublicKey, Signer, SigningKey};

use super::sign_error::SignError;
use crate::deliver::SignerProgram;

/// A file of a key larger than this is not read on.
const KEY_MAX: u64 = 1 << 16;
/// The variable from which cosign takes a password.
const PASSWORD: &str = "COSIGN_PASSWORD";

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("signing").required(true).args(["key", "key_env", "signer"]))]
pub(super) struct KeyArgs {
    /// The private key: PKCS#8, SEC1 or cosign's own, as PEM
    #[arg(long, value_name = "PATH")]
    key: Option<Utf8PathBuf>,
    /// The variable that has the private key
    #[arg(long, value_name = "VARIABLE")]
    key_env: Option<String>,
    /// A program that signs its stdin and writes DER to its stdout; takes all words that follow
    #[arg(long, value_name = "PROGRAM", num_args = 1.., allow_hyphen_values = true, requires = "public_key")]
    signer: Vec<String>,
    /// The public key of the signer
    #[arg(long, value_name = "PATH", requires = "signer")]
    public_key: Option<Utf8PathBuf>,
    /// The variable that has the password of the key [default: `COSIGN_PASSWORD`]
    #[arg(long, value_name = "VARIABLE", conflicts_with_all = ["password_file", "signer"])]
    password_env: Option<String>,
    /// The file whose first line is the password of the key
    #[arg(long, value_name = "PATH", conflicts_with = "signer")]
    password_file: Option<Utf8PathBuf>,
}

impl KeyArgs {
    /// Reads the key.
    pub(super) fn signer(&self) -> Result<Box<dyn Signer>, SignError> {
        if let Some(path) = &self.public_key {
            return Ok(Box::new(SignerProgram { words: self.signer.clone(), public: public_key(path)? }));
        }
        let (text, place) = match (&self.key, &self.key_env) {
            (Some(path), _) => (read(path, true)?, format!("`{path}`")),
            (None, Some(variable)) => (of_environment(variable)?, format!("`{variable}`")),
            (None, None) => unreachable!("clap demands one"),
        };
        let key = SigningKey::from_pem(&text, self.password()?.as_ref());
        Ok(Box::new(key.map_err(|source| SignError::Key { place, source })?))
    }

    fn password(&self) -> Result<Option<Password>, SignError> {
        if let Some(path) = &self.password_file {
            let text = read(path, true)?;
            return Ok(Some(Password::new(text.lines().next().unwrap_or_default())));
        }
        match &self.password_env {
            Some(variable) => of_environment(variable).map(|text| Some(Password::new(text))),
            None => Ok(std::env::var(PASSWORD).ok().map(Password::new)),
        }
    }
}

/// Reads a public key.
pub(super) fn public_key(path: &Utf8Path) -> Result<PublicKey, SignError> {
    let failed = |source| SignError::Key { place: format!("`{path}`"), source };
    PublicKey::from_pem(&read(path, false)?).map_err(failed)
}

fn of_environment(variable: &str) -> Result<String, SignError> {
    std::env::var(variable).map_err(|_| SignError::Variable { variable: variable.to_owned() })
}

/// Reads a small file. A secret must not be readable by others.
fn read(path: &Utf8Path, is_secret: bool) -> Result<String, SignError> {
    let failed = |source| SignError::File { path: path.to_owned(), source };
    let file = regular::open(path).map_err(failed)?;
    if is_secret && file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(SignError::Readable { path: path.to_owned() });
    }
    let mut text = String::new();
    // The error of a text that is not UTF-8 does not quote it.
    io::Read::take(file, KEY_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
