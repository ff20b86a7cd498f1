//! Each archetype of a package is installed in an image of its own. `check` finds exactly what the table lists: nothing
//! fatal, and each finding names the package that brings the path.

mod table;

use std::fmt::Write as _;

use serde_json::Value;

use crate::example::Example;
use crate::fixtures;
use table::{ARCHETYPES, Archetype};

const MAIN: &str = include_str!("archetypes/main.rs");

#[test]
fn each_archetype_installs_alone_and_each_finding_names_its_package() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    example.describe(&described());
    let (code, _, stderr) = example.image(&["build"]);
    assert_eq!(code, 0, "{stderr}");
    let (code, found, stderr) = example.image(&["check", "--format", "json"]);
    assert_eq!(code, 0, "{stderr}{found}");
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["complete"], true, "{stderr}{found}");
    let found: Vec<_> =
        found["findings"].as_array().unwrap().iter().filter(|found| found["blame"] != "base").collect();
    let wrong: Vec<_> = ARCHETYPES.iter().filter_map(|archetype| difference(archetype, &found)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: Vec<_> = ARCHETYPES.iter().map(|archetype| archetype.image).collect();
    for found in found {
        let images = found["images"].as_array().unwrap();
        assert!(images.iter().all(|image| known.contains(&image.as_str().unwrap())), "{found}");
    }
}

/// Returns the description: the images of the table, in the place of that of the file.
fn described() -> String {
    let mut images = String::new();
    for Archetype { image, packages, module, first, .. } in ARCHETYPES {
        let module = module.map(|module| format!(".module({module:?})")).unwrap_or_default();
        let first = first
            .map(|step| format!(".layer(Layer::new(\"first\").with(Run::shell({step:?})))"))
            .unwrap_or_default();
        let layer = format!(".layer(Layer::new({image:?}).with(packages(&{packages:?}){module}))");
        write!(images, "{FIRST}{image:?}){first}{layer},").unwrap();
    }
    MAIN.replace(IMAGES, &images)
}

const FIRST: &str = "on_rig(";
const IMAGES: &str = "/* images */";

/// Returns what is wrong with the findings on the layer of an archetype.
fn difference(Archetype { image, does, findings, .. }: &Archetype, found: &[&Value]) -> Option<String> {
    let text = |found: &Value, key: &str| found[key].as_str().unwrap_or_default().to_owned();
    let of_image = |found: &&&Value| found["images"].as_array().unwrap().iter().any(|name| name == image);
    let found: Vec<_> = found.iter().filter(of_image).collect();
    let here: Vec<_> = found
        .iter()
        .map(|found| {
            let message = text(found, "message");
            let package =
                message.rsplit_once(" (from package `").and_then(|(_, rest)| rest.strip_suffix("`)"));
            let package = package.unwrap_or_default().to_owned();
            [text(found, "severity"), text(found, "name"), text(found, "path"), package]
        })
        .collect();
    let wanted: Vec<_> = findings
        .iter()
        .map(|(name, path, package)| ["warning", name, path, package].map(str::to_owned))
        .collect();
    let sorted = |mut rows: Vec<[String; 4]>| {
        rows.sort();
        rows
    };
    let (here, wanted) = (sorted(here), sorted(wanted));
    (here != wanted)
        .then(|| format!("`{image}` ({does})\n  wanted: {wanted:#?}\n  found: {here:#?}\n  {found:#?}"))
}
