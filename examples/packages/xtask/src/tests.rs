//! The rules that the image keeps, tested as a value: nothing is built here, and no part is needed.

use lapstrake_xtask::prelude::*;

use crate::{declared, gateway};

/// Whether something has to run inside the image for this layer.
fn runs_inside(layer: &Layer) -> bool {
    layer.entries.iter().any(|entry| entry.get::<Packages>().is_some() || entry.get::<Run>().is_some())
}

#[test]
fn both_forms_are_the_same_image() {
    assert_eq!(declared::gateway(), gateway());
}

#[test]
fn layers_that_run_something_are_below_the_one_that_is_edited_daily() {
    let image = gateway();
    let (app, below) = image.layers.split_last().unwrap();
    assert!(!runs_inside(app));
    assert!(below.iter().all(runs_inside));
}
