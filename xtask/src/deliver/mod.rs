//! Delivers a built image from the store to other places: a destination is one file, and a row in the table of
//! transports. Only OCI layouts and archives keep the digest of the image.

mod archive;
mod containers_storage;
mod layout;

use std::fmt::Debug;
use std::sync::Arc;

use lapstrake::value::{ImageName, Reference};

use self::archive::Archive;
use self::containers_storage::ContainersStorage;
use self::layout::LayoutFolder;
use crate::store::Store;
use crate::support::diagnosis::{Diagnosis, Task};
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;
use camino::Utf8PathBuf;
use lapstrake_oci::{BlobError, Digest, DigestError, LayoutError};

/// A place for built images.
pub(crate) trait Destination: Debug + Send + Sync {
    /// Puts an image of the store there, and reports what the place does not keep.
    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError>;
}

/// An image of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredImage<'a> {
    pub(crate) store: &'a Store,
    pub(crate) name: &'a ImageName,
}

/// A transport, by the name that podman and skopeo give it (containers-transports(5)).
struct Transport {
    name: &'static str,
    /// What a user writes, with the name.
    form: &'static str,
    parse: fn(&str) -> Option<Arc<dyn Destination>>,
}

/// Every transport to which an image can be delivered.
const TRANSPORTS: [Transport; 3] = [
    Transport { name: "oci", form: "oci:DIR[:TAG]", parse: LayoutFolder::parse },
    Transport { name: "oci-archive", form: "oci-archive:FILE", parse: Archive::parse },
    Transport {
        name: "containers-storage",
        form: "containers-storage:REFERENCE",
        parse: ContainersStorage::parse,
    },
];

/// Parses a destination as podman and skopeo write it.
///
/// # Errors
/// If the text names no transport, or is not in the form of its transport. The error is the text for a user.
pub(crate) fn parse(text: &str) -> Result<Arc<dyn Destination>, String> {
    let transport = text.split_once(':').and_then(|(name, rest)| {
        let known = TRANSPORTS.iter().find(|transport| transport.name == name)?;
        Some((known, rest))
    });
    match transport {
        Some((known, rest)) => (known.parse)(rest).ok_or_else(|| format!("write `{}`", known.form)),
        None => Err(format!("write `{}`", TRANSPORTS.map(|transport| transport.form).join("`, `"))),
    }
}

/// An image could not be delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliverError {
    #[error("the archive can't be written")]
    Archive(#[source] LayoutError),
    #[error("the layout `{dir}` can't be written")]
    Layout { dir: Utf8PathBuf, source: LayoutError },
    #[error("blob `{digest}` can't be written to the layout `{dir}`")]
    Blob { dir: Utf8PathBuf, digest: Digest, source: std::io::Error },
    #[error("the image in the store can't be read")]
    Store(#[source] LayoutError),
    #[error("the manifest of the image can't be read")]
    Manifest(#[source] BlobError),
    #[error("the manifest of the image can't be parsed")]
    Parse(#[source] serde_json::Error),
    #[error("the manifest of the image names a blob that can't be used")]
    Digest(#[from] DigestError),
    #[error("writing to containers-storage needs skopeo or podman, and neither is installed")]
    NoProgram,
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("`containers-storage:{reference}` can't be written: {cause}: {output}")]
    Copy { reference: Reference, cause: Diagnosis, output: String },
}

impl Explain for DeliverError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoProgram => ProgramError::Missing { program: Program::SKOPEO }.help(),
            Self::Program(source) => source.help(),
            Self::Copy { reference, cause, .. } => cause.help(Task::Copy { reference: reference.as_str() }),
            Self::Archive(_)
            | Self::Layout { .. }
            | Self::Blob { .. }
            | Self::Store(_)
            | Self::Manifest(_)
            | Self::Parse(_)
            | Self::Digest(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_transport_and_its_place() {
        for text in
            ["oci:images", "oci:images:v1", "oci-archive:out/image.tar", "containers-storage:localhost/a:1"]
        {
            assert!(parse(text).is_ok(), "{text}");
        }
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error("oci-archive:"), "write `oci-archive:FILE`");
        assert_eq!(error("oci-archive:image.tar:tag"), "write `oci-archive:FILE`");
        assert_eq!(error("containers-storage:NOT A REFERENCE"), "write `containers-storage:REFERENCE`");
        let all = "write `oci:DIR[:TAG]`, `oci-archive:FILE`, `containers-storage:REFERENCE`";
        assert_eq!((error("somewhere"), error("docker-daemon:x:1")), (all.to_owned(), all.to_owned()));
    }
}
