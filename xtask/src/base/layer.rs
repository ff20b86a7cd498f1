//! Reads one layer of an image as a change to the tree below it, with what is kept of its files.

use std::io::Read;

use lapstrake_oci::Budget;
use lapstrake_oci::tar::{LayerError, MemberError, read_layer};
use lapstrake_oci::tree::Changes;

use super::capture::Capture;
use super::file::File;

/// Reads the tar of a layer that this machine made, up to its end mark.
pub(crate) fn read(tar: impl Read) -> Result<Changes<File>, LayerError> {
    read_within(tar, &Budget::largest())
}

/// Reads the tar of a layer of an image that has that budget for all its layers.
pub(super) fn read_within(mut tar: impl Read, budget: &Budget) -> Result<Changes<File>, LayerError> {
    // One type of reader, so that the reading is compiled once.
    let tar: &mut dyn Read = &mut tar;
    let mut capture = Capture::new(budget);
    let read = read_layer(tar, budget, |path, member, content| capture.file(path, member.size, content));
    let mut changes = read?;
    capture.finish(&mut changes).map_err(MemberError::Read)?;
    Ok(changes)
}
