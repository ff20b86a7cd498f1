//! The lines of `judged.txt` by the rules here, and by the systemd of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use lapstrake::systemd::UnitFile;

use super::{table, value, version};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Taken,
    Ignored,
    Refused,
}

struct Row {
    verdict: Verdict,
    section: &'static str,
    line: &'static str,
}

/// Lines that do not do what they say, and of which systemd 252 says nothing at all. Only the rules here have a finding.
const SILENT: [(&str, &str, &str); 6] = [
    ("Unit", "After=foo", "unit_add_dependency_by_name() fails, and its caller logs nothing"),
    ("Unit", "Requires=network", "the same"),
    ("Unit", "Wants=fo/o.service", "the same"),
    (
        "Service",
        "CapabilityBoundingSet=CAP_FOO",
        "capability_set_from_string() passes over names of later kernels",
    ),
    ("Service", "AmbientCapabilities=NET_ADMIN", "the same: capabilities begin with `CAP_`"),
    ("Service", "CapabilityBoundingSet=~CAP_SYSADMIN", "the same"),
];

fn rows() -> Vec<Row> {
    let lines = include_str!("judged.txt").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let (verdict, rest) = line.split_once(' ').unwrap();
        let verdict = match verdict {
            "taken" => Verdict::Taken,
            "ignored" => Verdict::Ignored,
            "refused" => Verdict::Refused,
            other => panic!("{other}"),
        };
        let (section, line) = rest.trim_start().strip_prefix('[').unwrap().split_once("] ").unwrap();
        Row { verdict, section, line }
    };
    lines.map(row).collect()
}

/// What the rules here say of a line.
fn judged(section: &str, line: &str) -> Verdict {
    let (key, value) = line.split_once('=').unwrap();
    if section.starts_with("X-") || key.starts_with("X-") {
        return Verdict::Taken;
    }
    let Some(directive) = table::directive(section, key) else { return Verdict::Ignored };
    match value::wrong(&directive.kind, value, Some(version::OLDEST)) {
        None => Verdict::Taken,
        Some(wrong) if wrong.is_refused => Verdict::Refused,
        Some(_) => Verdict::Ignored,
    }
}

/// A unit that systemd loads if the line is right.
fn unit(number: usize, section: &str, line: &str) -> (String, String) {
    let suffix = table::suffix_of(section).unwrap_or("service");
    let name = format!("p{number}.{suffix}");
    let place = if line.starts_with("Where=") { String::new() } else { format!("Where=/p{number}\n") };
    let rest = match suffix {
        "service" => "[Service]\nType=oneshot\nExecStart=/bin/true\n".to_owned(),
        "socket" => "[Socket]\nListenStream=/run/x\n".to_owned(),
        "timer" => "[Timer]\nOnBootSec=1\n".to_owned(),
        "path" => "[Path]\nPathExists=/x\n".to_owned(),
        "mount" => format!("[Mount]\nWhat=tmpfs\n{place}"),
        "automount" => format!("[Automount]\n{place}"),
        _ => String::new(),
    };
    (name, format!("[{section}]\n{line}\n{rest}"))
}

/// What systemd says of each line, by the number of its unit. None where it is missing.
fn said(lines: &[(&str, &str)]) -> Option<BTreeMap<usize, Verdict>> {
    let root = tempfile::tempdir().unwrap();
    let units = root.path().join("usr/lib/systemd/system");
    fs::create_dir_all(&units).unwrap();
    let mut names = Vec::new();
    for (number, (section, line)) in lines.iter().enumerate() {
        let (name, text) = unit(number, section, line);
        fs::write(units.join(&name), text).unwrap();
        if !name.ends_with(".service") {
            fs::write(units.join(format!("p{number}.service")), "[Service]\nExecStart=/bin/true\n").unwrap();
        }
        names.push(name);
    }
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no", "--root"])
        .arg(root.path())
        .args(names)
        .env("SYSTEMD_LOG_COLOR", "0")
        .env("SYSTEMD_LOG_LEVEL", "info")
        .output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze is missing");
        eprintln!("\n*** SKIPPED: this machine has no systemd-analyze ***\n");
        return None;
    };
    let mut verdicts = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let Some((number, verdict)) = of_message(line, root.path()) else { continue };
        let known = verdicts.entry(number).or_insert(verdict);
        if verdict == Verdict::Refused {
            *known = verdict;
        }
    }
    Some(verdicts)
}

/// `ROOT/…/p7.service:2: MESSAGE` or `p7.service: Unit configuration has fatal error, …`.
fn of_message(line: &str, root: &Path) -> Option<(usize, Verdict)> {
    let number = |name: &str| name.strip_prefix('p')?.split('.').next()?.parse().ok();
    if let Some(rest) = line.strip_prefix(root.to_str()?) {
        let (path, rest) = rest.split_once(':')?;
        let number = number(path.rsplit('/').next()?)?;
        return rest.starts_with(|c: char| c.is_ascii_digit()).then_some((number, Verdict::Ignored));
    }
    let (name, message) = line.split_once(": ")?;
    message.contains("fatal error").then_some((number(name)?, Verdict::Refused))
}

#[test]
fn the_rules_judge_lines_as_systemd_252_does() {
    let rows = rows();
    assert!(rows.len() >= 300, "{}", rows.len());
    let differ: Vec<_> = rows
        .iter()
        .map(|row| (judged(row.section, row.line), row))
        .filter(|(judged, row)| *judged != row.verdict)
        .map(|(judged, row)| {
            format!("[{}] {}: {judged:?}, systemd: {:?}", row.section, row.line, row.verdict)
        })
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
    for (section, line, why) in SILENT {
        assert_eq!(judged(section, line), Verdict::Ignored, "[{section}] {line}: {why}");
    }
}

#[test]
fn systemd_itself_agrees() {
    let rows = rows();
    let mut lines: Vec<_> = rows.iter().map(|row| (row.section, row.line)).collect();
    lines.extend(SILENT.iter().map(|(section, line, _)| (*section, *line)));
    let Some(said) = said(&lines) else { return };
    let expected = rows.iter().map(|row| row.verdict).chain(SILENT.iter().map(|_| Verdict::Taken));
    let differ: Vec<_> = expected
        .enumerate()
        .filter(|(number, expected)| said.get(number).copied().unwrap_or(Verdict::Taken) != *expected)
        .map(|(number, expected)| {
            format!("{:?}: {expected:?}, systemd: {:?}", lines[number], said.get(&number))
        })
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

/// A line of a unit is judged by its own text, not by the lines around it.
#[test]
fn the_rows_are_lines_of_unit_files() {
    for (number, row) in rows().iter().enumerate() {
        let (_, text) = unit(number, row.section, row.line);
        let parsed = UnitFile::parse(&text);
        let first = &parsed.sections()[0].assignments[0];
        let (key, value) = row.line.split_once('=').unwrap();
        assert_eq!((first.key.as_str(), first.value.as_str()), (key, value.trim()), "{text}");
    }
}
