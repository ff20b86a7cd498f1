//! Where a fault is: in the line of the file that has it, with the entry that brings the file.

use lapstrake::entry::{File, Unit};

use super::*;
use crate::finding::{Look, draw};
use crate::support::columns::Columns;

const UNIT: &str = "deploy/app.service";

/// The findings of that name in an image that has a unit file of the workspace.
fn of_unit(name: &str, text: &str) -> (Workshop, Vec<Finding>) {
    let workshop = Workshop::stand_in();
    workshop.source(UNIT, text.as_bytes());
    let layer = Layer::new("u").with(File::text("x", "/usr/bin/app").mode(0o755)).unit(Unit::file(UNIT));
    let found = workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == name).collect();
    (workshop, found)
}

/// What a person reads, on a terminal of that width.
fn drawn(text: &str, columns: Columns) -> String {
    let (workshop, found) = of_unit("unit-user", text);
    draw(&found, &workshop.workspace.root, Look { colour: false, columns })
}

#[test]
fn the_line_of_the_unit_file_is_underlined_and_the_entry_is_a_note() {
    let shown = drawn("[Service]\nExecStart=/usr/bin/app\nUser = sensord\n", Columns::ANY);
    let lines: Vec<_> = shown.lines().map(str::trim_end).collect();
    assert_eq!(lines[0], "error[unit-user]: `app.service` has `User=sensord`, which nothing makes");
    assert_eq!(lines[1].trim_start(), "--> deploy/app.service:3:8", "{shown}");
    assert_eq!(lines[3..5], ["3 | User = sensord", "  |        ^^^^^^^"], "{shown}");
    // The description of this test is not in its workspace, so that its line is not shown.
    assert!(lines[5].trim_start().starts_with("::: ") && lines[5].contains("places.rs:"), "{shown}");
}

#[test]
fn a_place_is_the_word_that_is_wrong() {
    let text = "[Unit]\nRequires=-.slice \\\n  gone.service\n[Service]\nExecStart=/usr/bin/app\n";
    let (_, found) = of_unit("unit-requires", text);
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.file.as_str(), place.line, place.column, place.end_column), (UNIT, 3, 3, 15));
    let (_, found) = of_unit("exec-start", "# no program\n[Service]\nUser=dbus\n");
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.line, place.column, place.end_column), (2, 1, 10), "the section that lacks it");
}

/// A text of the description has no lines that an editor could go to.
#[test]
fn the_line_of_a_text_of_the_description_is_named() {
    let unit = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/gone\n");
    let found = found("exec-missing", Tar::new(), Layer::new("u").unit(unit));
    assert_eq!(found[0].place, None);
    assert!(found[0].message.ends_with("which is not in the image (line 2)"), "{found:#?}");
    let json = serde_json::to_value(&found[0]).unwrap();
    assert!(json.get("place").is_none() && json["site"].is_string(), "{json}");
}

#[test]
fn a_line_of_a_file_with_a_secret_is_not_shown() {
    let unit =
        format!("[Service]\nExecStart=/usr/bin/app\nEnvironment=T={}\nUser=sensord\n", secrets::token());
    let shown = drawn(&unit, Columns::ANY);
    assert!(shown.contains("--> deploy/app.service:4:6"), "{shown}");
    assert!(!shown.contains("| User=sensord"), "{shown}");
}

#[test]
fn a_line_is_drawn_for_a_terminal() {
    let wide =
        format!("[Service]\nExecStart=/usr/bin/app\nUser=sensord \u{1b}[31m\u{9b}31m{}\n", " x".repeat(200));
    let shown = drawn(&wide, Columns::new(80));
    assert!(shown.contains("deploy/app.service:3:6"), "{shown}");
    assert!(shown.contains('␛') && !shown.contains(['\u{1b}', '\u{9b}']), "{shown}");
    let width = shown.lines().map(|line| line.chars().count()).max();
    assert!(width <= Some(80), "{shown}");
}

/// Two lines of one file that name one account are one mistake at two places.
#[test]
fn one_mistake_is_shown_at_each_of_its_lines() {
    let (_, found) = of_unit("unit-user", "[Service]\nExecStart=/usr/bin/app\nUser=sensord\nGroup=sensord\n");
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    let related: Vec<_> = finding.related.iter().map(|it| it.place.as_ref().unwrap().line).collect();
    assert_eq!((finding.place.as_ref().unwrap().line, related), (3, vec![4]));
}
