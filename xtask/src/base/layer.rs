//! Reads one layer of an image as a change to the tree below it, with what is kept of its files.

use std::io::Read;

use lapstrake_oci::tar::{LayerError, MEMBERS_MAX, read_layer};
use lapstrake_oci::tree::Changes;

use super::capture::Capture;
use super::file::File;

/// Reads the tar of a layer, up to its end mark.
pub(crate) fn read(tar: impl Read) -> Result<Changes<File>, LayerError> {
    read_at_most(tar, MEMBERS_MAX)
}

/// Reads the tar of a layer that has no more than `most` members.
pub(super) fn read_at_most(tar: impl Read, most: usize) -> Result<Changes<File>, LayerError> {
    let mut capture = Capture::default();
    read_layer(tar, most, |path, member, content| capture.file(path, member.size, content))
}
