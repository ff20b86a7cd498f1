//! Reads the documents of an image that anybody may have written, as opening a base does. Only for the fuzzer.

use lapstrake::value::Architecture;
use lapstrake_oci::{Blobs, Manifests};

use super::image::{self, Places};
use crate::support::progress::Progress;

/// Follows an `index.json` to the images that a user can ask for: index, manifest and config.
pub(crate) fn read_images(index: &[u8], blobs: &Blobs) {
    let Ok(manifests) = Manifests::parse(index) else { return };
    let places = Places([blobs, blobs]);
    for tag in [None, Some("fuzzed")] {
        for wanted in [None, Some(Architecture::Amd64)] {
            let Ok(listed) = manifests.find(tag, wanted) else { continue };
            let Ok(descriptor) = image::select(places, listed, wanted, &Progress::silent()) else { continue };
            // A refusal is an answer.
            drop(image::read(places, descriptor, wanted));
        }
    }
}
