//! `oci:DIR[:TAG]`: a base in an OCI layout. The directory is its owner's; nothing is written there.

use camino::Utf8Path;

use super::{BaseError, Found};
use lapstrake_oci::Layout;

pub(super) fn find(directory: &Utf8Path) -> Result<Found, BaseError> {
    let layout = Layout::open(directory).map_err(BaseError::Layout)?;
    let manifests = layout.manifests().map_err(BaseError::Layout)?;
    Ok(Found { manifests, blobs: layout.blobs().clone() })
}
