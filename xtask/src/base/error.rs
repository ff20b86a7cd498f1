//! Why a base can't be built on. Every error names the blob that is wrong.

use std::error::Error;
use std::io;

use lapstrake::Site;
use lapstrake::value::Invalid;
use oci_spec::OciSpecError;

use super::tarball::TarError;
use crate::finding::Finding;
use crate::nearest::nearest;
use crate::oci::{ArchiveError, BlobError, Digest, DigestError, LayoutError};

/// A base can't be found, or is not what it says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaseError {
    #[error("there is no home for a cache: neither `XDG_CACHE_HOME` nor `HOME` is set")]
    NoCache,
    #[error("the cache can't be written")]
    Cache { source: io::Error },
    #[error("the index can't be kept")]
    Encode { source: postcard::Error },
    #[error("`{place}` can't be read yet")]
    NotYet { place: String },
    #[error("this machine is of an architecture that the stand-in is not made for")]
    Host,
    #[error("the base is pinned to `{pinned}` by lapstrake.lock, and is now `{found}`")]
    Moved { pinned: Digest, found: Digest },
    #[error("no image of the layout is tagged `{tag}`")]
    NoTag { tag: String, known: Vec<String> },
    #[error("the layout holds several images")]
    Several { known: Vec<String> },
    #[error("the layout holds no image")]
    Empty,
    #[error("the base has no image for `{wanted}`")]
    NoArchitecture { wanted: &'static str, known: Vec<String> },
    #[error("the base's architecture is unknown")]
    Architecture(#[source] Invalid),
    #[error("`{digest}` is no document that it should be")]
    Document { digest: Digest, source: OciSpecError },
    #[error("config `{digest}` is no JSON")]
    Config { digest: Digest, source: serde_json::Error },
    #[error("config `{config}` has {diff_ids} diff_ids for {layers} layers")]
    Count { config: Digest, layers: usize, diff_ids: usize },
    #[error("layer `{digest}` holds a tar with the digest `{found}`, and its config states `{stated}`")]
    DiffId { digest: Digest, stated: Digest, found: Digest },
    #[error("layer `{digest}` is no tar to build on")]
    Tar { digest: Digest, source: TarError },
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl BaseError {
    /// The error as a finding at the line that named the base.
    pub(crate) fn into_finding(self, site: Site) -> Finding {
        let mut message = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            message += &format!(": {cause}");
            source = cause.source();
        }
        Finding::fatal("base", site, message).help_if(self.help())
    }

    fn help(&self) -> Option<String> {
        let list =
            |known: &[String]| (!known.is_empty()).then(|| format!("there are `{}`", known.join("`, `")));
        match self {
            Self::NotYet { place } => Some(format!(
                "run `skopeo copy {place} oci:bases:base`, and write `Base::oci(\"bases:base\")`"
            )),
            Self::Moved { .. } => {
                Some("run `cargo xtask image lock --update` to build on the new one".to_owned())
            }
            Self::NoTag { tag, known } => {
                nearest(tag, known).map(|near| format!("there is `{near}`")).or_else(|| list(known))
            }
            Self::Several { known } | Self::NoArchitecture { known, .. } => list(known),
            Self::Layout(LayoutError::NoLayout { .. }) => {
                Some("copy an image there: `skopeo copy docker://REF oci:DIR:TAG`".to_owned())
            }
            _ => None,
        }
    }
}
