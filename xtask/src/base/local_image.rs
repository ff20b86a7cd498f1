//! An image whose blobs are on this machine, and how an engine gets it: in an OCI layout. It is not looked at here.

use std::io;

use lapstrake_oci::{Blobs, Descriptor, Layout, Manifest, MediaType, canonical};

use super::Base;

/// An image whose blobs are on this machine.
pub(crate) struct LocalImage {
    pub(super) descriptor: Descriptor,
    /// With OCI's media types, whichever the blob has.
    pub(super) manifest: Manifest,
    /// Whether the blob has them too.
    pub(super) is_oci: bool,
    pub(super) blobs: Blobs,
}

impl LocalImage {
    /// Puts the image in a layout, and returns the descriptor of its manifest there. Its manifest has OCI's media types,
    /// because podman finds no other in a layout.
    pub(crate) fn put_in(&self, layout: &Layout) -> io::Result<Descriptor> {
        let link = |part: &Descriptor| {
            let digest = part.parse_digest().map_err(io::Error::other)?;
            layout.blobs().link_from(&self.blobs, &digest, part.size)
        };
        self.manifest.parts().try_for_each(link)?;
        if self.is_oci {
            link(&self.descriptor)?;
            return Ok(self.descriptor.clone());
        }
        let (digest, size) = layout.blobs().put(&canonical(&self.manifest)?)?;
        Ok(Descriptor::new(MediaType::ImageManifest, size, &digest))
    }
}

impl Base {
    /// Returns the image, all of which is in the cache that has these blobs.
    pub(crate) fn local_image(&self, blobs: &Blobs) -> LocalImage {
        let Self { descriptor, manifest, is_oci, .. } = self;
        let (descriptor, manifest) = (descriptor.clone(), manifest.clone());
        LocalImage { descriptor, manifest, is_oci: *is_oci, blobs: blobs.clone() }
    }
}
