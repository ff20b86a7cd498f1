//! The rules that the variants keep, tested as values: nothing is built here.

use lapstrake_xtask::testing::plan;

use crate::{Variant, cockpit};

#[test]
fn each_variant_is_the_one_below_it_and_more() {
    let [entry, premium, bench] = Variant::ALL.map(|variant| cockpit(variant).layers);
    assert!(premium.starts_with(&entry) && premium.len() > entry.len());
    assert!(bench.starts_with(&premium) && bench.len() > premium.len());
}

#[test]
fn no_check_finds_anything() {
    for image in Variant::ALL.map(cockpit) {
        assert_eq!(plan(&image).findings(), [], "{}", image.name);
    }
}
