//! Where a built image goes beside the store: an archive, or podman's storage. Only the store keeps the
//! digest; what each place does to it is told.

use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
use lapstrake::TransportRef;
use lapstrake::value::Reference;

use crate::store::Store;
use crate::support::explain::Explain;
use crate::support::progress::Progress;
use lapstrake_oci::LayoutError;

/// A place for a built image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// `oci-archive:FILE`
    Archive(Utf8PathBuf),
    /// `containers-storage:REFERENCE`
    Storage(Reference),
}

/// An image could not be delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliverError {
    #[error("the archive can't be written")]
    Archive(#[from] LayoutError),
    #[error("neither skopeo nor podman is installed, and they write podman's storage")]
    NoProgram,
    #[error("`containers-storage:{reference}` can't be written: {said}")]
    Storage { reference: Reference, said: String },
}

impl Explain for DeliverError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoProgram => Some("run `apt install skopeo`, or `dnf install skopeo`".to_owned()),
            Self::Archive(_) | Self::Storage { .. } => None,
        }
    }
}

impl Destination {
    /// Parses a destination in the transport names of podman and skopeo.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<TransportRef>() {
            Ok(TransportRef::OciArchive { file, tag: None }) => Ok(Self::Archive(file)),
            Ok(TransportRef::ContainersStorage(reference)) => Ok(Self::Storage(reference)),
            _ => Err("write `oci-archive:FILE` or `containers-storage:REFERENCE`".to_owned()),
        }
    }

    /// Puts the image of that tag there.
    pub(crate) fn take(&self, store: &Store, tag: &str, progress: &Progress) -> Result<(), DeliverError> {
        match self {
            Self::Archive(file) => Ok(store.layout.archive(tag, file)?),
            Self::Storage(reference) => {
                let from = format!("oci:{}:{tag}", store.layout.root());
                load(&from, reference)?;
                progress.status(
                    "Loaded",
                    format_args!(
                        "containers-storage:{reference}; it keeps no compressed layer, so push `oci:` with `skopeo copy --preserve-digests` to keep the digest"
                    ),
                );
                Ok(())
            }
        }
    }
}

fn load(from: &str, reference: &Reference) -> Result<(), DeliverError> {
    let to = format!("containers-storage:{reference}");
    let copied = run("skopeo", &["copy", "--quiet", from, &to]);
    let done = copied.or_else(|| {
        let pulled = run("podman", &["pull", "--quiet", from])?;
        let id = pulled.clone().map(|id| id.trim().to_owned());
        Some(id.and_then(|id| run("podman", &["tag", &id, reference.as_str()]).unwrap_or(pulled)))
    });
    match done {
        None => Err(DeliverError::NoProgram),
        Some(Ok(_)) => Ok(()),
        Some(Err(said)) => Err(DeliverError::Storage { reference: reference.clone(), said }),
    }
}

/// What a program says, or the last line of why it failed; none where it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<Result<String, String>> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Some(if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        let said = text(&output.stderr);
        Err(said.lines().last().unwrap_or("it says nothing").escape_debug().to_string())
    })
}
