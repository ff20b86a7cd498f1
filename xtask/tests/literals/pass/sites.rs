//! A builder call keeps the line and column it was written at, whatever macros stand in it.

use lapstrake::{Layer, entry::File};
use lapstrake_xtask::{asset, mode, path, unit};

#[rustfmt::skip]
fn main() {
    let first = line!() + 2;
    let layer = Layer::new("app")
        .file(asset!("deploy/sensord.toml"), path!("/etc/sensord.toml"))
        .with(File::text("x", path!("/etc/x")).mode(mode!(0o600)))
        .enable(unit!("sensord.service"));
    let sites: Vec<_> = layer.entries.iter().map(|entry| entry.site).collect();
    assert_eq!(sites.iter().map(|site| site.line()).collect::<Vec<_>>(), [first, first + 1, first + 2]);
    assert!(sites.iter().all(|site| site.column() == 10 && site.file().ends_with("sites.rs")));

    let file = File::text("x", path!("/etc/x")).mode(mode!(0o600));
    let mode = file.attributes.mode.unwrap().site();
    assert_eq!((mode.line(), mode.column()), (line!() - 2, 49));
}
