//! Delivers a built image from the store to other places: a destination is one file, and a row in the table of
//! transports. OCI layouts, archives and registries keep the digest of the image.

mod archive;
mod containers_storage;
mod layout;
mod registry;
#[cfg(feature = "registry")]
mod signer_program;

use std::fmt::Debug;
use std::sync::Arc;

use lapstrake::value::{ImageName, Reference};

use self::archive::Archive;
use self::containers_storage::ContainersStorage;
use self::layout::LayoutFolder;
pub(crate) use self::registry::{Registry, summary};
#[cfg(feature = "registry")]
pub(crate) use self::signer_program::SignerProgram;
use crate::store::Store;
use crate::support::diagnosis::{Diagnosis, Task};
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;
use crate::support::shell::word;
use camino::Utf8PathBuf;
use lapstrake_oci::{BlobError, Descriptor, Digest, DigestError, LayoutError, Manifest, RegistryError};

/// A place for built images.
pub(crate) trait Destination: Debug + Send + Sync {
    /// Fails where the place can't be written, before anything is built. Default: nothing is known against it.
    ///
    /// # Errors
    /// What is missing.
    fn check(&self) -> Result<(), DeliverError> {
        Ok(())
    }

    /// Puts an image of the store there, and reports where it is and what the place does not keep.
    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError>;
}

/// An image of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredImage<'a> {
    pub(crate) store: &'a Store,
    pub(crate) name: &'a ImageName,
}

impl StoredImage<'_> {
    /// Reads the manifest of the image.
    fn manifest(&self) -> Result<(Descriptor, Manifest), DeliverError> {
        let layout = &self.store.layout;
        let manifests = layout.manifests().map_err(DeliverError::Store)?;
        let descriptor = manifests.find(Some(self.name.as_str()), None).map_err(DeliverError::Store)?;
        let digest = descriptor.parse_digest()?;
        let bytes = layout.blobs().read(&digest, descriptor.size).map_err(DeliverError::Manifest)?;
        let manifest = serde_json::from_slice(&bytes).map_err(DeliverError::Parse)?;
        Ok((descriptor.clone(), manifest))
    }
}

/// A transport, by the name that podman and skopeo give it (containers-transports(5)).
struct Transport {
    name: &'static str,
    /// What a user writes, with the name.
    form: &'static str,
    parse: fn(&str) -> Option<Arc<dyn Destination>>,
}

/// Every transport to which an image can be delivered.
const TRANSPORTS: [Transport; 4] = [
    Transport { name: "oci", form: "oci:DIR[:TAG]", parse: LayoutFolder::parse },
    Transport { name: "oci-archive", form: "oci-archive:FILE", parse: Archive::parse },
    Transport {
        name: "containers-storage",
        form: "containers-storage:REFERENCE",
        parse: ContainersStorage::parse,
    },
    Transport { name: "docker", form: "docker://HOST/REPOSITORY:TAG", parse: Registry::parse },
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
    #[error("the folder `{dir}`, which the archive is to be in, does not exist")]
    NoFolder { dir: Utf8PathBuf },
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
    #[error("`docker://{reference}` can't be pushed")]
    Registry { reference: Reference, source: RegistryError },
}

impl Explain for DeliverError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoProgram => ProgramError::Missing { program: Program::SKOPEO }.help(),
            Self::NoFolder { dir } => Some(format!("create it: `mkdir -p {}`", word(dir.as_str()))),
            Self::Program(source) => source.help(),
            Self::Copy { reference, cause, .. } => cause.help(Task::Copy { reference: reference.as_str() }),
            Self::Registry { reference, source } => help_of_registry(reference, source),
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

/// Returns what to do where a registry can't be used.
pub(crate) fn help_of_registry(reference: &Reference, error: &RegistryError) -> Option<String> {
    match error {
        RegistryError::NotCompiled => {
            Some("run `cargo add lapstrake-xtask --features registry` in the package of the xtask".to_owned())
        }
        RegistryError::NoHost { .. } => Some(format!("write `HOST/{reference}`")),
        RegistryError::NoCredentials { .. } | RegistryError::Denied { .. } => {
            Some(format!("log in: `podman login {}`", reference.repository()))
        }
        RegistryError::Connect { .. } => Some(format!(
            "look at what it answers: `skopeo list-tags docker://{}`; `--tls-verify=false` accepts any certificate",
            reference.repository()
        )),
        RegistryError::AuthFileForm { .. } | RegistryError::AuthFile { .. } => {
            Some("fix the file, or name another one by `REGISTRY_AUTH_FILE`".to_owned())
        }
        RegistryError::Roots { .. } => Some("run `unset SSL_CERT_FILE`".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_transport_and_its_place() {
        for text in [
            "oci:images",
            "oci:images:v1",
            "oci-archive:out/image.tar",
            "containers-storage:localhost/a:1",
            "docker://localhost:5000/a:1",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        let error = |text: &str| parse(text).unwrap_err();
        assert_eq!(error("oci-archive:"), "write `oci-archive:FILE`");
        assert_eq!(error("oci-archive:image.tar:tag"), "write `oci-archive:FILE`");
        assert_eq!(error("containers-storage:NOT A REFERENCE"), "write `containers-storage:REFERENCE`");
        assert_eq!(error("docker://localhost:5000/a"), "write `docker://HOST/REPOSITORY:TAG`");
        let all = "write `oci:DIR[:TAG]`, `oci-archive:FILE`, `containers-storage:REFERENCE`, `docker://HOST/REPOSITORY:TAG`";
        assert_eq!((error("somewhere"), error("docker-daemon:x:1")), (all.to_owned(), all.to_owned()));
    }
}
