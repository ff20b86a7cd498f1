//! The `Site` of every call that `image!` expands to.

use lapstrake_xtask::lapstrake::entry::RepositorySource;
use lapstrake_xtask::prelude::*;

use super::stage;

#[test]
fn a_site_is_the_line_and_column_of_the_entry() {
    let start = line!();
    let image = image! {
        name: "x",
        base: stand_in,
        layer "one" {
            bin "sensord"
            file "xtask/Cargo.toml" => "/etc/x" {
                mode: 0o640,
            }
            unit "c.service" = "[Service]\n" { enabled }
            ..[Dir::new("/usr/share/x")]
            packages ["a"] {
                repository: [
                    "vendor" => "https://rpms.example/el10",
                ],
            }
            built "/src/x" => "/usr/x" { stage: stage() }
        }
    };
    let at = |site: lapstrake::Site| (site.line() - start, site.column());
    assert_eq!(at(image.site), (2, 9));
    assert_eq!(at(image.base.site()), (3, 15));
    let layer = &image.layers[0];
    assert_eq!(at(layer.site), (4, 9));
    let sites: Vec<_> = layer.entries.iter().map(|entry| at(entry.site)).collect();
    assert_eq!(sites, [(5, 13), (6, 13), (9, 13), (10, 13), (11, 13), (16, 13)]);
    let file: &File = layer.entries[1].get().unwrap();
    assert_eq!(at(file.at.site()), (6, 13));
    assert_eq!(at(file.attributes.mode.as_ref().unwrap().site()), (7, 17));
    let unit: &Unit = layer.entries[2].get().unwrap();
    assert_eq!(at(unit.name.site()), (9, 13));
    let packages: &Packages = layer.entries[4].get().unwrap();
    let RepositorySource::Url(url) = &packages.repositories[0].from else { panic!("it has a URL") };
    assert_eq!(at(url.site()), (13, 21));
    assert!(image.site.file().ends_with("tests/image/sites.rs"));
}
