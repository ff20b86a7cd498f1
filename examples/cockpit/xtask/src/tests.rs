//! What must hold of the variants, as values: nothing is built here.

use lapstrake_xtask::check::Checks;
use lapstrake_xtask::lapstrake::{Image, Layer};

use crate::{Variant, cockpit, declared};

fn layers(variant: Variant) -> Vec<Layer> {
    cockpit(variant).layers().to_vec()
}

#[test]
fn each_variant_is_the_one_below_it_and_more() {
    let [entry, premium, bench] = Variant::ALL.map(layers);
    assert!(premium.starts_with(&entry) && premium.len() > entry.len());
    assert!(bench.starts_with(&premium) && bench.len() > premium.len());
}

#[test]
fn both_forms_are_the_same_images() {
    for variant in Variant::ALL {
        assert_eq!(declared::cockpit(variant), cockpit(variant));
    }
}

#[test]
fn no_check_finds_anything() {
    for image in Variant::ALL.map(cockpit) {
        assert_eq!(Checks::default().findings(&image), [], "{:?}", Image::name(&image));
    }
}
