//! The image, tested as the value it is: nothing is compiled or built.

use lapstrake_xtask::lapstrake::entry::{Entry, EntryKind};
use lapstrake_xtask::lapstrake::systemd::{Install, UnitFile};
use lapstrake_xtask::lapstrake::value::Source;

use super::*;

/// Every entry of the image.
fn entries(image: &Image) -> impl Iterator<Item = &EntryKind> {
    image.layers.iter().flat_map(Layer::entries).map(Entry::kind)
}

/// The unit that the image brings, and its text.
fn unit(image: &Image) -> (&Unit, UnitFile) {
    let unit = entries(image)
        .find_map(|entry| if let EntryKind::Unit(unit) = entry { Some(unit) } else { None })
        .expect("the image has a unit");
    (unit, UnitFile::parse(&text(unit.source)))
}

fn text(source: &Source) -> String {
    match source {
        Source::Text(text) => text.clone(),
        Source::BuildStage(..) => panic!("a unit is written, not compiled"),
        Source::Asset(asset) => {
            let root = asset.root().expect("`asset!` knows its workspace");
            std::fs::read_to_string(root.join(asset.path())).unwrap()
        }
    }
}

/// The only value of a key in the unit's `[Service]`.
fn service(file: &UnitFile, key: &str) -> String {
    let values: Vec<_> = file.values("Service", key).collect();
    assert_eq!(values.len(), 1, "one {key}=");
    values[0].to_owned()
}

/// The places of the binaries that cargo builds for the image.
fn binaries(image: &Image) -> Vec<String> {
    entries(image)
        .filter_map(|entry| if let EntryKind::Bin(bin) = entry { Some(bin) } else { None })
        .map(|bin| {
            bin.at.as_ref()
                .map_or_else(|| format!("/usr/bin/{}", bin.name()), |at| at.get().unwrap().to_string())
        })
        .collect()
}

#[test]
fn both_forms_describe_the_same_image() {
    assert_eq!(declared::sensord(), sensord());
}

#[test]
fn the_service_starts_with_the_system() {
    let image = sensord();
    let (unit, file) = unit(&image);
    assert!(unit.enabled);
    let install = Install::of(unit.name().get().unwrap(), &file);
    let wanted_by: Vec<_> = install.links().iter().map(|link| link.unit.as_str()).collect();
    assert_eq!(wanted_by, ["multi-user.target"]);
}

#[test]
fn the_unit_starts_a_binary_that_the_image_brings() {
    let image = sensord();
    let (_, file) = unit(&image);
    let start = service(&file, "ExecStart");
    let program = start.split_whitespace().next().unwrap_or_default();
    assert!(binaries(&image).iter().any(|path| path == program), "`{program}` is in no layer");
}

#[test]
fn the_unit_runs_as_a_user_that_the_image_makes() {
    let image = sensord();
    let (_, file) = unit(&image);
    let (user, group) = (service(&file, "User"), service(&file, "Group"));
    let made: Vec<_> = entries(&image)
        .filter_map(|entry| if let EntryKind::Sysusers(users) = entry { Some(users) } else { None })
        .flat_map(|users| users.lines)
        .map(|line| line.get().unwrap().to_string())
        .collect();
    // A `u` line makes the group of the same name too.
    assert_eq!(user, group);
    assert!(made.iter().any(|line| line.starts_with(&format!("u {user} "))), "{made:?}");
}

#[test]
fn the_config_keeps_to_the_directories_that_the_unit_may_write() {
    let image = sensord();
    let (_, file) = unit(&image);
    let config = entries(&image)
        .find_map(|entry| if let EntryKind::File(file) = entry { Some(file) } else { None })
        .expect("the image has a config");
    let config = text(config.source());
    let value = |key: &str| {
        let line =
            config.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{key} is set"));
        line.trim_matches([' ', '=', '"']).to_owned()
    };
    assert!(value("socket").starts_with(&format!("/run/{}/", service(&file, "RuntimeDirectory"))));
    assert!(value("history").starts_with(&format!("/var/lib/{}/", service(&file, "StateDirectory"))));
}

#[test]
fn nothing_is_put_where_an_update_would_not_reach_it() {
    let image = sensord();
    let files = entries(&image).filter_map(|entry| match entry {
        EntryKind::File(file) => Some(file.at.get().unwrap().to_string()),
        EntryKind::Sysusers(conf) => Some(conf.at().get().unwrap().to_string()),
        EntryKind::Tmpfiles(conf) => Some(conf.at().get().unwrap().to_string()),
        EntryKind::Bin(_) => None,
        // systemd's own directory of the image, /usr/lib/systemd/system.
        EntryKind::Unit(_) => None,
        other => panic!("say in this test where {other:?} goes"),
    });
    for path in files.chain(binaries(&image)) {
        assert!(path.starts_with("/usr/") || path.starts_with("/etc/"), "`{path}`");
    }
}

#[test]
fn a_new_binary_ships_one_layer() {
    let image = sensord();
    let (app, below) = image.layers.split_last().expect("the image has layers");
    assert!(app.entries().iter().all(|entry| matches!(&entry.kind, EntryKind::Bin(_))));
    assert!(below.iter().flat_map(Layer::entries).all(|entry| !matches!(&entry.kind, EntryKind::Bin(_))));
}
