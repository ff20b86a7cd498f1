//! Files with values in place of their placeholders.

use lapstrake::entry::File;
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::tree::Kind;

use super::workshop::Workshop;
use crate::finding::{Finding, Severity};
use crate::plan::Origin;

fn workshop() -> Workshop {
    let workshop = Workshop::stand_in();
    workshop.source("app.in", b"image = @REGISTRY@/app\nfallback = @REGISTRY@/old\n");
    workshop.source("binary.in", b"\xff@REGISTRY@\n");
    workshop
}

fn image(file: File) -> Image {
    Image::new("templates", Base::stand_in()).layer(Layer::new("l").with(file))
}

fn found(file: File) -> Vec<Finding> {
    workshop().plan(&image(file)).1
}

#[test]
fn every_place_has_the_value_and_the_plan_has_the_text() {
    let workshop = workshop();
    let file =
        File::template("app.in", [("@REGISTRY@", "registry.example/@REGISTRY@")], "/etc/app").mode(0o600);
    let plan = workshop.planned(&image(file));
    let (_, member) = plan.layers[0].described().next().unwrap();
    let Kind::File(Origin::Text(text)) = &member.kind else { panic!("{member:?}") };
    let value = "registry.example/@REGISTRY@";
    assert_eq!(*text, format!("image = {value}/app\nfallback = {value}/old\n"));
    assert_eq!(member.metadata.mode.to_string(), "0600");
}

#[test]
fn a_placeholder_that_is_nowhere_is_an_error_with_the_near_one() {
    let found = found(File::template("app.in", [("@REGISTRI@", "x")], "/etc/app"));
    assert_eq!((found[0].name, found[0].severity), ("template", Severity::Fatal));
    assert_eq!(found[0].message, "the template has no placeholder `@REGISTRI@`");
    assert_eq!(found[0].help.as_deref(), Some("did you mean `@REGISTRY@`?"));
    assert_eq!(found[0].site.unwrap().file(), file!());
    assert_eq!(found.len(), 1, "the same placeholder is not a note as well: {found:?}");
}

#[test]
fn a_placeholder_without_a_value_is_a_note() {
    let found = found(File::text("@A@ @B@ mail@example.org\n", "/etc/app").fill("@A@", "1"));
    assert_eq!((found[0].name, found[0].severity), ("template-left", Severity::Note));
    assert_eq!(found[0].message, "`@B@` is left in the file without a value");
}

#[test]
fn two_values_of_one_placeholder_are_an_error() {
    let found = found(File::text("@A@\n", "/etc/app").fill("@A@", "1").fill("@A@", "2"));
    assert_eq!(found[0].message, "the placeholder `@A@` has two values");
}

#[test]
fn what_is_not_a_text_has_no_placeholders() {
    let found = found(File::template("binary.in", [("@REGISTRY@", "x")], "/etc/app"));
    assert_eq!(found[0].message, "`binary.in` is not a text in UTF-8, and only a text has placeholders");
}
