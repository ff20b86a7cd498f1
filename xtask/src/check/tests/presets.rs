//! Lines of presets that decide about no unit.

use super::*;

const UNIT: &str = "[Service]\nExecStart=/usr/bin/env\n";

fn of(lines: &str, base: &str) -> Vec<(u32, String)> {
    let tar = Tar::new()
        .file("usr/lib/systemd/system/app.service", UNIT)
        .file("usr/lib/systemd/system/other@.service", UNIT);
    let workshop =
        Workshop::on_stand_in_and(tar.file("usr/lib/systemd/system-preset/90-base.preset", base).end());
    workshop.source("deploy/x.preset", lines.as_bytes());
    let layer = Layer::new("p").file("deploy/x.preset", "/usr/lib/systemd/system-preset/95-app.preset");
    let found = workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == "preset");
    found.map(|finding| (finding.place.unwrap().line, finding.help.unwrap_or_default())).collect()
}

#[test]
fn a_line_is_reported_that_decides_nothing() {
    let lines = |text: &str, base: &str| of(text, base).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
    assert_eq!(lines("# x\nenable app.service\n", ""), [0; 0]);
    assert_eq!(lines("enable app.service\n", "disable *\n"), [1], "a line of the base is before it");
    assert_eq!(lines("enable app.service\n", "enable app.service\ndisable *\n"), [0; 0], "it says the same");
    assert_eq!(lines("disable *\nenable app.service\nenable other@.service a b\n", ""), [2, 3]);
    assert_eq!(lines("enable app.service\ndisable *\n", ""), [0; 0]);
    assert_eq!(lines("enable gone.service\nenable gone-*\nenable *\n", ""), [1, 2]);
    assert_eq!(lines("enable other@x.service\nenable dev-sda.swap\n", ""), [0; 0]);
    assert_eq!(lines("enabel app.service\nenable\nenable app*\n", ""), [1, 2]);
}

#[test]
fn the_unit_that_was_meant_is_named() {
    assert_eq!(of("enable ap.service\n", ""), [(1, "did you mean `enable app.service`?".to_owned())]);
}

#[test]
fn a_preset_is_in_a_folder_that_is_read() {
    let at = |path: &str| found("preset", Tar::new(), Layer::new("p").text("disable *\n", path)).len();
    assert_eq!(at("/usr/lib/systemd/system-presets/50-x.preset"), 1);
    assert_eq!(at("/etc/systemd/50-x.preset"), 1);
    assert_eq!(at("/usr/lib/systemd/system-preset/old/50-x.preset"), 1);
    for right in ["/usr/lib/systemd/user-preset", "/etc/systemd/system-preset", "/usr/share/doc"] {
        assert_eq!(at(&format!("{right}/50-x.preset")), 0, "{right}");
    }
}
