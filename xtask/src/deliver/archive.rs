//! `oci-archive:FILE`: the image as an OCI layout in a tar file, under the name of the image.

use std::cell::OnceCell;
use std::sync::Arc;

use camino::Utf8PathBuf;
use lapstrake::TransportRef;

use super::{DeliverError, Destination, StoredImage};
use crate::support::progress::Progress;
use crate::support::transfer::Transfer;

#[derive(Debug)]
pub(super) struct Archive {
    file: Utf8PathBuf,
}

impl Archive {
    pub(super) fn parse(place: &str) -> Option<Arc<dyn Destination>> {
        match format!("oci-archive:{place}").parse() {
            Ok(TransportRef::OciArchive { file, tag: None }) => Some(Arc::new(Self { file })),
            _ => None,
        }
    }
}

impl Destination for Archive {
    fn check(&self) -> Result<(), DeliverError> {
        match self.file.parent() {
            Some(dir) if !dir.as_str().is_empty() && !dir.is_dir() => {
                Err(DeliverError::NoFolder { dir: dir.to_owned() })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError> {
        let layout = &image.store.layout;
        let transfer = OnceCell::new();
        let written = layout.archive(image.name.as_str(), &self.file, &|done, total| {
            let what = || format!("`oci-archive:{}`", self.file);
            transfer.get_or_init(|| Transfer::start(progress, "Writing", what(), Some(total))).set(done);
        });
        drop(transfer);
        written.map_err(DeliverError::Archive)?;
        progress.status("Written", format_args!("{} to `oci-archive:{}`", image.name, self.file));
        Ok(())
    }
}
