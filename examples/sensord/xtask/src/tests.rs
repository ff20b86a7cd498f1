//! The image, tested as a value: nothing is compiled or built.

use lapstrake_xtask::lapstrake::systemd::{Install, UnitFile};
use lapstrake_xtask::lapstrake::value::Source;

use super::*;

/// The text of an asset.
fn text(source: &Source) -> String {
    let Source::Asset(asset) = source else { panic!("{source:?} is a file of the workspace") };
    let root = asset.root().expect("`asset!` knows its workspace");
    std::fs::read_to_string(root.join(asset.path())).unwrap()
}

fn unit_file() -> UnitFile {
    UnitFile::parse(&text(&sensord().entries::<Unit>().next().expect("the image has a unit").source))
}

/// The only value of a key in the unit's `[Service]`.
fn service(key: &str) -> String {
    let file = unit_file();
    let values: Vec<_> = file.values("Service", key).collect();
    assert_eq!(values.len(), 1, "one {key}=");
    values[0].to_owned()
}

#[test]
fn both_forms_describe_the_same_image() {
    assert_eq!(declared::sensord(), sensord());
}

#[test]
fn every_value_parses() {
    assert_eq!(sensord().faults(), []);
}

#[test]
fn the_service_starts_with_the_system() {
    let image = sensord();
    let unit = image.entries::<Unit>().next().expect("the image has a unit");
    assert!(unit.enabled);
    let install = Install::of(unit.name.get().unwrap(), &unit_file());
    let wanted_by: Vec<_> = install.links().iter().map(|link| link.unit.as_str()).collect();
    assert_eq!(wanted_by, ["multi-user.target"]);
}

#[test]
fn the_unit_starts_a_binary_that_the_image_brings() {
    let start = service("ExecStart");
    let program = start.split_whitespace().next().unwrap_or_default();
    let image = sensord();
    let entry = image.find(program).unwrap_or_else(|| panic!("`{program}` is in no layer"));
    assert!(entry.get::<Bin>().is_some());
}

#[test]
fn the_unit_runs_as_a_user_that_the_image_makes() {
    let (user, group) = (service("User"), service("Group"));
    // A `u` line makes the group of the same name too.
    assert_eq!(user, group);
    let image = sensord();
    let mut lines = image.entries::<Sysusers>().flat_map(|users| &users.lines);
    assert!(lines.any(|line| line.to_string().starts_with(&format!("u {user} "))));
}

#[test]
fn the_config_keeps_to_the_directories_that_the_unit_may_write() {
    let image = sensord();
    let config = image.find("/etc/sensord.toml").and_then(|entry| entry.get::<File>());
    let config = text(&config.expect("the image has a config").source);
    let value = |key: &str| {
        let line =
            config.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key} is set"));
        line.trim_matches([' ', '=', '"']).to_owned()
    };
    assert!(value("socket").starts_with(&format!("/run/{}/", service("RuntimeDirectory"))));
    assert!(value("history").starts_with(&format!("/var/lib/{}/", service("StateDirectory"))));
}

#[test]
fn nothing_is_put_where_an_update_would_not_reach_it() {
    for entry in sensord().layers.iter().flat_map(|layer| &layer.entries) {
        let path = entry.kind.destination().expect("every entry puts something").unwrap();
        assert!(["/usr/", "/etc/"].iter().any(|top| path.as_str().starts_with(top)), "`{path}`");
    }
}

#[test]
fn a_new_binary_ships_one_layer() {
    let image = sensord();
    let (app, below) = image.layers.split_last().expect("the image has layers");
    assert!(app.entries.iter().all(|entry| entry.get::<Bin>().is_some()));
    assert!(below.iter().flat_map(|layer| &layer.entries).all(|entry| entry.get::<Bin>().is_none()));
}
