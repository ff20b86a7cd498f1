//! Circles in the order of units, as `systemd-analyze verify` itself finds them in the same tree.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use lapstrake::entry::Unit;

use super::*;
use crate::check::{Contents, Subject};

/// The units of a layer, each with what its file has; those with `[Install]` are enabled.
fn layer(units: &[(&str, &str)]) -> Layer {
    units.iter().fold(
        Layer::new("u").with(lapstrake::entry::File::text("x", "/usr/bin/x").mode(0o755)),
        |layer, (name, text)| {
            let needs_start = name.ends_with(".service") && !text.contains("[Service]");
            let start = if needs_start { "\n[Service]\nExecStart=/usr/bin/x\n" } else { "" };
            let unit = Unit::text(*name, format!("{text}{start}"));
            layer.unit(if text.contains("[Install]") { unit.enabled() } else { unit })
        },
    )
}

const WANTED: &str = "\n[Install]\nWantedBy=multi-user.target\n";
const REQUIRED: &str = "\n[Install]\nRequiredBy=multi-user.target\n";

/// What systemd makes of the order at boot.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// It leaves out a unit.
    Without(String),
    /// It does not start the target.
    Nothing,
}

/// What systemd-analyze says of the order in which a unit and what it pulls in are started, if it is here.
fn judged(workshop: &Workshop, layer: Layer, unit: &str) -> Option<Verdict> {
    let said = analyzed(workshop, layer, unit)?;
    if said.contains("Transaction order is cyclic") {
        return Some(Verdict::Nothing);
    }
    let left_out = said
        .lines()
        .find_map(|line| line.split_once(": Job ")?.1.split_once("/start deleted to break ordering cycle"));
    Some(left_out.map_or(Verdict::Fine, |(unit, _)| Verdict::Without(unit.to_owned())))
}

/// What systemd-analyze says of a unit, if it is here.
fn analyzed(workshop: &Workshop, layer: Layer, unit: &str) -> Option<String> {
    let plan = workshop.planned(&image(layer));
    let contents = Contents::of(&plan.layers);
    let subject = Subject::new(&plan, &workshop.base, &contents);
    let root = tempfile::TempDir::new().unwrap();
    for node in ["/etc/systemd", "/usr/lib/systemd"].iter().flat_map(|top| subject.tree().below(top)) {
        let at = root.path().join(node.path().as_str().trim_start_matches('/'));
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        match node.target() {
            Some(target) => symlink(target, at).unwrap(),
            None if node.is_directory() => fs::create_dir_all(at).unwrap(),
            None => fs::write(at, node.text().unwrap_or_default()).unwrap(),
        }
    }
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", "--root"]).arg(root.path()).arg(unit);
    let Ok(output) = command.env("SYSTEMD_LOG_COLOR", "0").output() else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze is missing");
        return None;
    };
    Some(String::from_utf8(output.stderr).unwrap())
}

fn units_of(unit: &str, install: &str) -> String {
    format!("[Unit]\n{unit}\n{install}")
}

#[test]
fn a_circle_is_one_where_systemd_finds_one() {
    let early = "DefaultDependencies=no";
    let of = units_of;
    let cases: Vec<Vec<(&str, String)>> = vec![
        // Two after each other, and the same without the second.
        vec![("a.service", of("After=b.service", WANTED)), ("b.service", of("After=a.service", WANTED))],
        vec![("a.service", of("After=b.service", WANTED)), ("b.service", of("", WANTED))],
        vec![("a.service", of("After=b.service", WANTED)), ("b.service", of("After=a.service", ""))],
        vec![("a.service", of("Before=b.service", WANTED)), ("b.service", of("After=a.service", WANTED))],
        vec![("a.service", of("Before=b.service\nAfter=b.service", WANTED)), ("b.service", of("", WANTED))],
        // Of three, by both keys.
        vec![
            ("a.service", of("After=b.service", WANTED)),
            ("b.service", of("Before=c.service\nAfter=c.service", WANTED)),
            ("c.service", of("", WANTED)),
        ],
        // Required by the target: nothing can be left out.
        vec![("a.service", of("After=b.service", REQUIRED)), ("b.service", of("After=a.service", REQUIRED))],
        vec![("a.service", of("After=b.service", WANTED)), ("b.service", of("After=a.service", REQUIRED))],
        vec![("a.service", of("Requires=b.service\nAfter=b.service", REQUIRED)), ("b.service", of("After=a.service", ""))],
        vec![("a.service", of("Wants=b.service\nAfter=b.service", WANTED)), ("b.service", of("After=a.service", ""))],
        // Before what a service is started after by default.
        vec![("a.service", of("Before=sysinit.target", WANTED))],
        vec![("a.service", of("Before=basic.target", WANTED))],
        vec![("a.service", of(&format!("{early}\nBefore=sysinit.target"), WANTED))],
        vec![("a.service", of("Before=local-fs.target", WANTED))],
        vec![("a.service", of("Before=network.target", WANTED))],
        vec![("a.service", of("Before=sysinit.target", "\n[Install]\nWantedBy=sysinit.target\n"))],
        vec![("a.service", of("", "\n[Install]\nWantedBy=sysinit.target\n"))],
        vec![("a.service", of("", "\n[Install]\nRequiredBy=sysinit.target\n"))],
        vec![("a.service", of("", "\n[Install]\nWantedBy=basic.target\n"))],
        // A target is not started after what is started after it.
        vec![("a.service", of("After=multi-user.target", WANTED))],
        vec![("a.service", of("After=multi-user.target\nBefore=b.service", WANTED)), ("b.service", of("", WANTED))],
        vec![
            ("a.service", of("After=b.service", WANTED)),
            ("b.target", of("Wants=a.service\nAfter=a.service", WANTED)),
        ],
        // By a socket, a timer, a path.
        vec![
            ("a.socket", "[Unit]\nAfter=a.service\n[Socket]\nListenStream=/run/a\n[Install]\nWantedBy=sockets.target\n".to_owned()),
            ("a.service", of("", WANTED)),
        ],
        vec![
            ("a.timer", "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\n".to_owned()),
            ("a.service", of("Before=a.timer", WANTED)),
        ],
        vec![
            ("a.timer", "[Timer]\nOnBootSec=1\n[Install]\nWantedBy=timers.target\n".to_owned()),
            ("a.service", of("After=a.timer", WANTED)),
        ],
        vec![
            ("a.socket", "[Socket]\nListenStream=/run/a\n[Install]\nWantedBy=sockets.target\n".to_owned()),
            ("a.service", of("After=b.service", WANTED)),
            ("b.service", of("Before=sockets.target", WANTED)),
        ],
        // What is not started at boot.
        vec![("a.service", of("After=b.service", "")), ("b.service", of("After=a.service", ""))],
        // Names of a unit.
        vec![
            ("a@.service", of("After=b.service", "")),
            ("b.service", of("Wants=a@1.service\nAfter=a@1.service", WANTED)),
        ],
        vec![("a.service", of("After=default.target\nBefore=multi-user.target", WANTED))],
        vec![("a.service", of("After=a.service", WANTED))],
        // An empty value takes back no order.
        vec![("a.service", of("After=b.service\nAfter=", WANTED)), ("b.service", of("After=a.service", WANTED))],
    ];
    let mut disagreed = Vec::new();
    for case in &cases {
        let units: Vec<_> = case.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let workshop = Workshop::stand_in();
        let found = workshop.check(&image(layer(&units)));
        let found: Vec<_> = found.into_iter().filter(|finding| finding.name == "ordering-cycle").collect();
        let Some(judged) = judged(&workshop, layer(&units), "multi-user.target") else { return };
        let agrees = match (&judged, found.first()) {
            (Verdict::Fine, None) => true,
            (Verdict::Nothing, Some(found)) => {
                found.severity == Severity::Fatal
                    && found.message.contains("does not start `multi-user.target`")
            }
            (Verdict::Without(unit), Some(found)) => match found.severity {
                Severity::Fatal => found.message.contains(&format!("leaves `{unit}` out")),
                // Of several circles it may take another.
                _ => found.message.contains("leaves one of them out"),
            },
            _ => false,
        };
        if !agrees || found.len() > 1 {
            disagreed.push((case, judged, found.into_iter().map(|found| found.message).collect::<Vec<_>>()));
        }
    }
    assert!(disagreed.is_empty(), "{} of {}: {disagreed:#?}", disagreed.len(), cases.len());
}

/// What a timer or a person starts, as `systemctl start` would.
#[test]
fn a_circle_of_units_that_are_started_later_is_one_where_systemd_finds_one() {
    let cases: Vec<Vec<(&str, &str)>> = vec![
        vec![
            ("a.service", "Requires=b.service\nAfter=b.service"),
            ("b.service", "Requires=a.service\nAfter=a.service"),
        ],
        vec![("a.service", "Requires=b.service\nAfter=b.service"), ("b.service", "After=a.service")],
        vec![("a.service", "Wants=b.service\nAfter=b.service"), ("b.service", "After=a.service")],
        vec![("a.service", "BindsTo=b.service\nBefore=b.service"), ("b.service", "Before=a.service")],
        vec![("a.service", "Requires=b.service\nAfter=b.service"), ("b.service", "")],
        vec![
            ("a.service", "Requires=b.service\nAfter=c.service"),
            ("b.service", ""),
            ("c.service", "After=a.service"),
        ],
        vec![
            ("a.service", "Requires=b.service\nAfter=b.service"),
            ("b.service", "Requires=c.service\nAfter=c.service"),
            ("c.service", "After=a.service"),
        ],
        vec![("a.service", "Wants=sysinit.target\nBefore=b.service"), ("b.service", "Before=a.service")],
    ];
    for case in &cases {
        let units: Vec<_> = case.iter().map(|(name, unit)| (*name, units_of(unit, ""))).collect();
        let units: Vec<_> = units.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let workshop = Workshop::stand_in();
        let mut found = workshop.check(&image(layer(&units)));
        found.retain(|finding| finding.name == "ordering-cycle");
        let Some(judged) = judged(&workshop, layer(&units), "a.service") else { return };
        let words = match judged {
            Verdict::Fine => None,
            Verdict::Nothing => Some("systemd does not start `a.service`".to_owned()),
            Verdict::Without(unit) => Some(format!("systemd leaves `{unit}` out")),
        };
        let messages: Vec<_> = found.iter().map(|finding| &finding.message).collect();
        assert_eq!(messages.len(), usize::from(words.is_some()), "{case:?}: {messages:?}");
        assert!(words.is_none_or(|words| messages[0].contains(&words)), "{case:?}: {messages:?}");
    }
}

#[test]
fn what_a_unit_requires_can_be_started_beside_it_where_systemd_can() {
    let service = |unit: &str| units_of(unit, "");
    let cases = [
        ("Requires=b.service", service("")),
        ("Requires=gone.service", service("")),
        ("Requires=gone.service\nRequires=", service("")),
        ("Wants=gone.service", service("")),
        ("Requires=b.service", service("Conflicts=a.service")),
        ("Requires=b.service\nConflicts=b.service", service("")),
        ("BindsTo=b.service", service("Conflicts=a.service")),
        ("Wants=b.service", service("Conflicts=a.service")),
        ("Requires=b.service", service("Conflicts=c.service")),
        ("Requires=masked.service", service("")),
        ("BindsTo=masked.service", service("")),
        ("Requisite=masked.service", service("")),
        ("Wants=masked.service\nAfter=masked.service", service("")),
        ("Requires=b.socket", service("")),
        ("Requires=dev-null.device", service("")),
    ];
    let masked = Tar::new().symlink("etc/systemd/system/masked.service", "/dev/null").end();
    for (requirement, other) in cases {
        let workshop = Workshop::on_stand_in_and(masked.clone());
        let a = service(requirement);
        let layer = || layer(&[("a.service", &a), ("b.service", &other)]);
        let mut found = workshop.check(&image(layer()));
        found.retain(|found| found.name == "unit-requires");
        let Some(said) = analyzed(&workshop, layer(), "a.service") else { return };
        let is_refused = said.contains("Failed to create a.service/start");
        assert_eq!(!found.is_empty(), is_refused, "{requirement}: {found:#?}\n{said}");
    }
}

#[test]
fn the_words_of_a_circle_are_underlined_and_two_circles_are_two_findings() {
    let workshop = Workshop::stand_in();
    let text = |unit: &str| format!("{}\n[Service]\nExecStart=/usr/bin/x\n", units_of(unit, WANTED));
    for (name, unit) in
        [("a", "After=b.service"), ("b", "After=x.service a.service"), ("c", "Before=sysinit.target")]
    {
        workshop.source(&format!("deploy/{name}.service"), text(unit).as_bytes());
    }
    let layer = ["a", "b", "c"].iter().fold(Layer::new("u"), |layer, name| {
        layer.unit(Unit::file(format!("deploy/{name}.service")).enabled())
    });
    let found = workshop.check(&image(layer));
    let found: Vec<_> = found.into_iter().filter(|finding| finding.name == "ordering-cycle").collect();
    let places: Vec<_> = found.iter().map(|finding| finding.place.as_ref().unwrap().to_string()).collect();
    assert_eq!(places, ["deploy/a.service:2:7", "deploy/c.service:2:8"], "{found:#?}");
    assert_eq!(found[0].related[0].place.as_ref().unwrap().to_string(), "deploy/b.service:2:17");
    let message = "`a.service` is started after `b.service`, which is started after `a.service`: systemd leaves one of them out at boot";
    assert_eq!(found[0].message, message);
    assert_eq!(found[0].help.as_deref(), Some("leave `After=b.service` out of `a.service`"));
    let help = "add `DefaultDependencies=no` to `[Unit]` of `c.service`, or leave `Before=sysinit.target` out of `c.service`";
    assert_eq!(found[1].help.as_deref(), Some(help));
    assert_eq!([found[0].severity, found[1].severity], [Severity::Warning, Severity::Fatal]);
}

/// systemd 252 takes such a unit into the transaction if a target wants it, and not by itself.
#[test]
fn what_lacks_a_unit_that_it_requires_is_in_no_circle() {
    let a = units_of("Requires=gone.service\nAfter=b.service", WANTED);
    let b = units_of("After=a.service", WANTED);
    let layer = layer(&[("a.service", &a), ("b.service", &b)]);
    assert_eq!(found("ordering-cycle", Tar::new(), layer), []);
}

/// A link of a layer has two units of the base started, which are after each other.
#[test]
fn the_base_is_blamed_for_no_circle_that_a_layer_closes() {
    let service = |unit: &str| {
        format!("[Unit]\n{unit}\n[Service]\nExecStart=/usr/bin/x\n[Install]\nWantedBy=multi-user.target\n")
    };
    let tar = || {
        Tar::new()
            .file("usr/lib/systemd/system/a.service", &service("After=b.service"))
            .file("usr/lib/systemd/system/b.service", &service("After=a.service"))
    };
    let enabled = |units: &[&str]| {
        found("ordering-cycle", tar(), units.iter().fold(harmless(), |layer, unit| layer.enable(*unit)))
    };
    assert_eq!(enabled(&["a.service"]), []);
    let found = enabled(&["a.service", "b.service"]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(matches!(found[0].blame, Some(Blame::Layer(_))), "{found:#?}");
}
