//! What must hold of the image, as a value: nothing is built here, and no part is needed.

use lapstrake_xtask::lapstrake::entry::EntryKind;
use lapstrake_xtask::lapstrake::{Image, Layer};

use crate::{declared, gateway};

/// Whether something has to run inside the image for this layer.
fn runs_inside(layer: &Layer) -> bool {
    layer.entries.iter().any(|entry| matches!(&entry.kind, EntryKind::Packages(_) | EntryKind::Run(_)))
}

#[test]
fn both_forms_are_the_same_image() {
    assert_eq!(declared::gateway(), gateway());
}

#[test]
fn what_runs_inside_the_image_is_below_all_that_is_edited_daily() {
    let image = gateway();
    let (app, below) = Image::layers(&image).split_last().unwrap();
    assert!(!runs_inside(app));
    assert!(below.iter().all(runs_inside));
}
