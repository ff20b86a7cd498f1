//! Units that a booted machine judges: each of a table is started by the systemd of the base, and what becomes of it is
//! what `check` said of it at the desk.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::example::Example;
use crate::fixtures;
use table::{EXCEPTIONS, Fate, PROGRAMS, Row, UNITS};

#[test]
fn what_check_says_of_a_unit_is_what_a_booted_machine_makes_of_it() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    written(&example);
    example.describe(include_str!("units/main.rs"));
    let findings = findings(&example);
    let fates = fates(&example, &findings);
    let mut wrong = Vec::new();
    for row @ Row { unit, fate, .. } in UNITS {
        let fate_here = fates[*unit];
        if fate_here != *fate {
            wrong.push(format!("`{unit}`: the table says {fate:?}, and the machine {fate_here:?}"));
        }
        let fatal = about(&findings, row).into_iter().filter(|found| found["severity"] == "fatal");
        let fatal: Vec<_> = fatal.map(|found| found["message"].as_str().unwrap()).collect();
        let exception = EXCEPTIONS.iter().find(|(excepted, _)| excepted == unit);
        let agrees = fate_here.is_bad() != fatal.is_empty();
        match (agrees, exception) {
            (false, None) => {
                wrong.push(format!("`{unit}`: the machine says {fate_here:?}, `check` {fatal:?}"));
            }
            (true, Some((_, reason))) => {
                wrong.push(format!("`{unit}` is not an exception any more: {reason}"));
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
    for row @ Row { unit, warns, .. } in UNITS {
        let found = about(&findings, row);
        let names: BTreeSet<_> = found.iter().filter_map(|found| found["name"].as_str()).collect();
        if warns.is_some_and(|name| !names.contains(name)) {
            wrong.push(format!("`{unit}`: `{}` is not among {names:?}", warns.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(UNITS.len() >= 60, "{} units", UNITS.len());
}

/// Writes the units and their programs.
fn written(example: &Example) {
    let units = example.project.join("units");
    for folder in ["systemd", "programs"] {
        fs::create_dir_all(units.join(folder)).unwrap();
    }
    for Row { unit, text, .. } in UNITS {
        fs::write(units.join("systemd").join(unit), text).unwrap();
    }
    for (name, text, mode) in PROGRAMS {
        let program = units.join("programs").join(name);
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(*mode)).unwrap();
    }
}

/// Returns what `check` finds in the layer.
fn findings(example: &Example) -> Vec<Value> {
    let arguments = ["check", "units", "--format", "json", "--skip", "systemd-analyze"];
    let (_, found, stderr) = example.image(&arguments);
    let found: Value = serde_json::from_str(&found).unwrap_or_else(|_| panic!("{stderr}{found}"));
    assert!(found.get("error").is_none(), "{found}");
    let found = found["findings"].as_array().unwrap().clone();
    found.into_iter().filter(|found| found["blame"] != "base").collect()
}

/// Returns the findings about a unit: in its file, in a program that it starts, or with its name in the message.
fn about<'a>(findings: &'a [Value], row: &Row) -> Vec<&'a Value> {
    let Row { unit, text, .. } = row;
    let named = format!("`{unit}`");
    let is_file = |path: &Value| path.as_str().is_some_and(|path| path.rsplit('/').next() == Some(unit));
    let is_program = |path: &Value| {
        path.as_str().is_some_and(|path| text.lines().any(|line| line.ends_with(&format!("={path}"))))
    };
    let is_about = |found: &&Value| {
        let related = found["related"].as_array().into_iter().flatten();
        let is_related = |found: &Value| is_file(&found["place"]["file"]);
        is_file(&found["path"])
            || is_program(&found["path"])
            || is_related(found)
            || related.clone().any(is_related)
            || found["message"].as_str().is_some_and(|message| message.contains(&named))
    };
    findings.iter().filter(is_about).collect()
}

/// Boots the image, starts each unit, and returns what has become of it.
fn fates(example: &Example, findings: &[Value]) -> BTreeMap<String, Fate> {
    let names: Vec<_> = UNITS.iter().map(|row| row.unit).collect();
    // A backslash of a name stays one.
    let names: Vec<_> = names.into_iter().map(|name| format!("'{name}'")).collect();
    let names = names.join(" ");
    let properties = "Id,LoadState,ActiveState,ActiveEnterTimestampMonotonic,ExecMainStartTimestampMonotonic";
    let script = format!(
        "for unit in {names}; do systemctl start --no-block \"$unit\" 2>/dev/null; done; \
         until [ -z \"$(systemctl list-jobs --no-legend 'judged-*' 'run-judged*')\" ]; do sleep 1; done; sleep 3; \
         for unit in {names}; do echo; printf 'Name=%s\\n' \"$unit\"; systemctl show -p {properties} \"$unit\"; done; \
         systemctl --version"
    );
    let skipped: BTreeSet<_> = findings.iter().filter_map(|found| found["name"].as_str()).collect();
    let skipped = skipped.iter().flat_map(|name| ["--skip", name]);
    let arguments: Vec<_> =
        ["boot", "units"].into_iter().chain(skipped).chain(["--execute", "sh", "-c", &script]).collect();
    let (_, stdout, stderr) = example.image(&arguments);
    let fates: BTreeMap<_, _> = stdout.split("\n\n").filter_map(fate).collect();
    assert_eq!(fates.len(), UNITS.len(), "{stdout}\n{stderr}");
    fates
}

/// Returns the name of a unit and what has become of it, of what `systemctl show` prints.
fn fate(shown: &str) -> Option<(String, Fate)> {
    let value = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let time = |name: &str| value(name).is_some_and(|time| time != "0");
    let has_started = time("ExecMainStartTimestampMonotonic") || time("ActiveEnterTimestampMonotonic");
    let fate = match (value("LoadState")?, value("ActiveState")?) {
        ("loaded", "active") => Fate::Runs,
        ("loaded", "failed" | "activating") => Fate::Fails,
        ("loaded", _) if has_started => Fate::Ends,
        ("loaded", _) => Fate::NotStarted,
        _ => Fate::Refused,
    };
    Some((value("Name")?.to_owned(), fate))
}
