//! The image, tested as it is planned: nothing is compiled or built.

use lapstrake_xtask::testing::{Planned, plan_with};

use super::*;

fn planned() -> Planned {
    plan_with(&sensord(), &rules::checks())
}

/// The value of a key in the unit of sensord.
fn setting(planned: &Planned, key: &str) -> String {
    let unit = planned.text("/usr/lib/systemd/system/sensord.service");
    let line = unit.lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
    line.unwrap_or_else(|| panic!("the unit has `{key}=`")).to_owned()
}

#[test]
fn both_forms_describe_the_same_image() {
    assert_eq!(declared::sensord(), sensord());
}

#[test]
fn no_check_finds_anything() {
    assert_eq!(planned().findings(), []);
}

#[test]
fn the_service_starts_with_the_system_as_its_own_user() {
    let planned = planned();
    assert!(planned.is_enabled("sensord.service"));
    assert!(planned.has_user(&setting(&planned, "User")));
    assert_eq!(
        planned.layer_of(setting(&planned, "ExecStart").split_whitespace().next().unwrap()),
        Some("app")
    );
}

#[test]
fn the_config_keeps_to_the_directories_that_the_unit_may_write() {
    let planned = planned();
    let config = planned.text("/etc/sensord.toml");
    let is_in = |key: &str, directory: String| {
        config.lines().any(|line| line.starts_with(key) && line.contains(&format!("\"{directory}/")))
    };
    assert!(is_in("socket", format!("/run/{}", setting(&planned, "RuntimeDirectory"))));
    assert!(is_in("history", format!("/var/lib/{}", setting(&planned, "StateDirectory"))));
}

#[test]
fn a_new_binary_ships_one_layer() {
    let image = sensord();
    let (app, below) = image.layers.split_last().expect("the image has layers");
    assert!(app.entries.iter().all(|entry| entry.get::<Bin>().is_some()));
    assert!(below.iter().flat_map(|layer| &layer.entries).all(|entry| entry.get::<Bin>().is_none()));
}
