//! Why an image cannot be pushed.

use std::io;

use camino::Utf8PathBuf;
use lapstrake::value::Reference;

use crate::{BlobError, Digest, DigestError};

/// States why a registry cannot be used. No variant holds a credential, or a text that the registry sent.
///
/// ```
/// use lapstrake_oci::{RegistryError, Repository};
///
/// let error = Repository::connect(&"edge:1".parse().unwrap(), true).unwrap_err();
/// assert!(matches!(error, RegistryError::NoHost { .. }));
/// assert_eq!(error.to_string(), "`edge:1` names no registry");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The crate was compiled without the feature `registry`.
    #[error("this program was compiled without the registry client")]
    NotCompiled,
    /// The reference has no host.
    #[error("`{reference}` names no registry")]
    NoHost {
        /// The reference.
        reference: Reference,
    },
    /// The registry does not answer, or only over a connection that is not trusted.
    #[error("the registry `{host}` can't be reached")]
    Connect {
        /// The host that does not answer.
        host: String,
        /// The cause.
        source: io::Error,
    },
    /// The registry wants credentials, and none were found.
    #[error("the registry `{host}` wants credentials for `{repository}`, and none are saved")]
    NoCredentials {
        /// The host.
        host: String,
        /// The repository.
        repository: String,
    },
    /// The registry refuses the credentials.
    #[error("the registry `{host}` refuses the saved credentials for `{repository}`: {status}")]
    Denied {
        /// The host.
        host: String,
        /// The repository.
        repository: String,
        /// The status, with the code of the registry.
        status: String,
    },
    /// The registry answers with a status that ends the push.
    #[error("the registry `{host}` answers {status} to {method} of {what}")]
    Status {
        /// The host.
        host: String,
        /// The method of the request.
        method: &'static str,
        /// What the request was about.
        what: String,
        /// The status, with the code of the registry.
        status: String,
    },
    /// The registry stored something else than what was sent.
    #[error("the registry `{host}` answers with digest `{answered}` to {what}")]
    Mismatch {
        /// The host.
        host: String,
        /// What was sent, with its digest.
        what: String,
        /// The digest in the answer.
        answered: String,
    },
    /// The answer lacks a header that the distribution spec demands, or its value can't be used.
    #[error("the registry `{host}` answers {method} of {what} without a usable `{header}`")]
    Header {
        /// The host.
        host: String,
        /// The method of the request.
        method: &'static str,
        /// What the request was about.
        what: String,
        /// The header.
        header: &'static str,
    },
    /// The registry sends credentials or layers to a place without TLS.
    #[error("the registry `{host}` names `{to}`, which is plain HTTP")]
    Plain {
        /// The registry.
        host: String,
        /// The host without TLS.
        to: String,
    },
    /// A file with credentials can't be read.
    #[error("the credentials in `{path}` can't be read")]
    AuthFile {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file with credentials is not in the form of containers-auth.json(5).
    #[error("`{path}` is not a file of credentials (containers-auth.json(5))")]
    AuthFileForm {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The certificates that the system trusts can't be read.
    #[error("the trusted certificates in `{path}` can't be read")]
    Roots {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The image in the layout can't be read.
    #[error("blob `{digest}` of the image can't be read")]
    Blob {
        /// The blob.
        digest: Digest,
        /// The cause.
        source: BlobError,
    },
    /// The manifest of the image is not JSON.
    #[error("the manifest of the image can't be parsed")]
    Parse(#[source] serde_json::Error),
    /// The manifest names a digest that can't be used.
    #[error("the manifest of the image names a blob that can't be used")]
    Digest(#[from] DigestError),
}
