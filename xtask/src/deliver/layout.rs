//! `oci:DIR[:TAG]`: the image in an OCI layout, which is created if it does not exist. Without a tag the image has
//! its own name there.

use std::sync::Arc;

use camino::Utf8PathBuf;
use lapstrake::TransportRef;

use super::{DeliverError, Destination, StoredImage};
use crate::support::progress::Progress;
use lapstrake_oci::Layout;

#[derive(Debug)]
pub(super) struct LayoutFolder {
    dir: Utf8PathBuf,
    tag: Option<String>,
}

impl LayoutFolder {
    pub(super) fn parse(place: &str) -> Option<Arc<dyn Destination>> {
        match format!("oci:{place}").parse() {
            Ok(TransportRef::Oci { dir, tag }) => Some(Arc::new(Self { dir, tag })),
            _ => None,
        }
    }
}

impl Destination for LayoutFolder {
    fn put(&self, image: &StoredImage<'_>, progress: &Progress) -> Result<(), DeliverError> {
        let failed = |source| DeliverError::Layout { dir: self.dir.clone(), source };
        let store = &image.store.layout;
        let (descriptor, manifest) = image.manifest()?;
        let layout = Layout::create_or_open(&self.dir).map_err(failed)?;
        for part in manifest.parts().chain([&descriptor]) {
            let digest = part.parse_digest()?;
            let linked = layout.blobs().link_from(store.blobs(), &digest, part.size);
            linked.map_err(|source| DeliverError::Blob { dir: self.dir.clone(), digest, source })?;
        }
        let tag = self.tag.as_deref().unwrap_or(image.name.as_str());
        layout.tag(tag, &descriptor).map_err(failed)?;
        progress.status("Written", format_args!("{} to `oci:{}:{tag}`", image.name, self.dir));
        Ok(())
    }
}
