//! The image, tested as a value: nothing is compiled or built, and no package is needed.

use lapstrake_xtask::prelude::*;

use crate::{app, gateway, operations};

/// Whether something has to run inside the image for this layer.
fn runs_inside(layer: &Layer) -> bool {
    layer.entries.iter().any(|entry| entry.get::<Packages>().is_some() || entry.get::<Run>().is_some())
}

#[test]
fn an_edit_of_the_product_starts_no_engine() {
    let image = gateway(Base::stand_in());
    assert_eq!(image.layers.iter().filter(|layer| runs_inside(layer)).count(), 1);
    assert!(runs_inside(&image.layers[0]), "the packages are below all that is edited");
}

#[test]
fn the_workshop_can_update_and_do_nothing_else_as_root() {
    let layer = operations();
    let user = layer.entries.iter().find_map(|entry| entry.get::<User>()).unwrap();
    let sudo = user.sudo.as_ref().unwrap().get().unwrap().to_string();
    assert!(sudo.contains("bootc upgrade") && !sudo.contains("ALL ALL"), "{sudo}");
}

#[test]
fn each_timer_has_its_service() {
    let layer = app();
    let units: Vec<_> = layer.entries.iter().filter_map(|entry| entry.get::<Unit>()).collect();
    let names: Vec<_> = units.iter().map(|unit| unit.name.get().unwrap().to_string()).collect();
    for timer in names.iter().filter_map(|name| name.strip_suffix(".timer")) {
        assert!(names.contains(&format!("{timer}.service")), "{timer} in {names:?}");
    }
}
