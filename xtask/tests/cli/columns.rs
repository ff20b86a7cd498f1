//! What a person sees on a terminal of 80 and of 120 columns: no line is longer, and no word is broken.

use std::collections::BTreeSet;

use crate::fixture::{Run, Workspace};

const WIDTHS: [usize; 2] = [80, 120];

#[test]
fn help_fits_a_terminal_and_a_pipe_gets_80_columns() {
    let workspace = Workspace::new();
    let commands = [
        "list", "plan", "check", "explain", "emit", "build", "boot", "push", "sign", "verify", "diff",
        "lock", "gc",
    ];
    for arguments in commands.map(|command| vec![command, "--help"]).into_iter().chain([vec!["--help"]]) {
        fits(&workspace, "", &arguments, 0);
        let pipe = Run::of(workspace.command(&arguments).env_remove("COLUMNS"));
        assert_eq!(pipe.stdout, at(&workspace, "", &arguments, 80).stdout, "{arguments:?}");
    }
}

#[test]
fn the_list_of_checks_fits() {
    let workspace = Workspace::new();
    fits(&workspace, "", &["check", "--list"], 0);
    let pipe = workspace.image(&["check", "--list"]).done();
    let names: BTreeSet<_> = pipe.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names.len(), pipe.stdout.lines().count(), "in a pipe each check has a line, for `grep`");
}

#[test]
fn a_plan_fits_and_its_paths_are_cut_in_their_middle() {
    let workspace = Workspace::new();
    fits(&workspace, "", &["plan"], 0);
    fits(&workspace, "running", &["plan"], 1);
    let deep = |columns| at(&workspace, "deep", &["plan"], columns).done().stdout;
    let longest = deep(80).lines().map(|line| line.chars().count()).max();
    assert_eq!(longest, Some(80));
    let cut = deep(80).lines().find(|line| line.contains('…')).map(str::trim).unwrap().to_owned();
    assert!(cut.starts_with("0644 0:0 /usr/share/gateway/"), "{cut}");
    assert!(cut.ends_with("/messages.json"), "{cut}");
    assert!(!deep(160).contains('…'), "{}", deep(160));
    let pipe = workspace.describe("deep", &["plan"]).done().stdout;
    assert!(!pipe.contains('…') && pipe.lines().any(|line| line.contains("  xtask/src/main.rs:")), "{pipe}");
}

#[test]
fn findings_errors_and_usage_fit() {
    let workspace = Workspace::new();
    for command in ["plan", "check", "build"] {
        fits(&workspace, "faulty", &[command, "faulty", "--color", "never"], 1);
    }
    fits(&workspace, "planted", &["check"], 1);
    fits(&workspace, "", &["plan", "--tag", "x"], 2);
    fits(&workspace, "", &["push", "cockpit", "registry.example/fleet/edge@sha256:0"], 2);
    workspace.image(&["build", "cockpit"]).done();
    fits(&workspace, "", &["build", "cockpit"], 0);
}

/// Checks the lines of a command at each width against those at no width.
#[track_caller]
fn fits(workspace: &Workspace, description: &str, arguments: &[&str], code: i32) {
    let mut unlimited = at(workspace, description, arguments, 10_000);
    unlimited.stdout += &unlimited.stderr;
    let whole: BTreeSet<_> = unlimited.stdout.split_whitespace().collect();
    for width in WIDTHS {
        let run = at(workspace, description, arguments, width);
        assert_eq!(run.code, Some(code), "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
        // Cargo says when it waits for another one, which it need not do in both runs.
        let is_of_cargo = |line: &&str| line.trim_start().starts_with("Blocking waiting for file lock");
        for line in run.stdout.lines().chain(run.stderr.lines()).filter(|line| !is_of_cargo(line)) {
            let length = line.chars().count();
            let alone = line.split_whitespace().count() == 1;
            assert!(length <= width || alone, "{length} columns of {width}, {arguments:?}:\n{line}");
            // A part of the user's source line and a path may be cut, and say so.
            let is_source = line.contains('|') || line.contains("...");
            for word in line.split_whitespace().filter(|word| !is_source && !word.contains('…')) {
                let is_drawing = word.chars().all(|c| !c.is_alphanumeric());
                assert!(
                    is_drawing || whole.contains(word) || is_figure(word),
                    "broken: `{word}`, {arguments:?}:\n{line}"
                );
            }
        }
    }
}

/// Whether a word is a digest or a time, which differ from run to run.
fn is_figure(word: &str) -> bool {
    word.starts_with("sha256:") || word.chars().any(|c| c.is_ascii_digit())
}

fn at(workspace: &Workspace, description: &str, arguments: &[&str], columns: usize) -> Run {
    let mut command = workspace.command(arguments);
    Run::of(command.env("COLUMNS", columns.to_string()).env("DESCRIBE", description))
}
