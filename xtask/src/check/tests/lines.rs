//! Lines of sysusers.d and tmpfiles.d, as files and as systemd itself reads them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use lapstrake::entry::{Sysusers, Tmpfiles};
use lapstrake::value::{SysusersLine, TmpfilesLine};

use super::*;

/// The findings of that name in an image with these files of the workspace.
fn of_files(name: &str, files: &[(&str, &str)], layer: Layer) -> Vec<Finding> {
    let workshop = Workshop::stand_in();
    for (path, text) in files {
        workshop.source(path, text.as_bytes());
    }
    workshop.check(&image(layer)).into_iter().filter(|finding| finding.name == name).collect()
}

fn places(found: &[Finding]) -> Vec<(String, u32, u32)> {
    let place = |finding: &Finding| {
        let place = finding.place.clone().unwrap();
        (place.to_string(), place.column, place.end_column)
    };
    found.iter().map(place).collect()
}

#[test]
fn a_line_that_systemd_ignores_is_underlined_in_its_file() {
    let text = "# accounts\nu sensord - \"Telemetry\"\n\n  u 0day -\nr - 900-800\n";
    let layer = Layer::new("a").with(Sysusers::file("deploy/a.conf"));
    let found = of_files("sysusers-line", &[("deploy/a.conf", text)], layer);
    let expected = [("deploy/a.conf:4:5".to_owned(), 5, 9), ("deploy/a.conf:5:5".to_owned(), 5, 12)];
    assert_eq!(places(&found), expected, "{found:#?}");
    assert!(found.iter().all(|finding| finding.severity == Severity::Fatal));

    let text = "d /var/lib/a 0755 root root 10x\nd /var/lib/b 0755 root root 10d\n";
    for layer in [
        Layer::new("t").with(Tmpfiles::file("deploy/t.conf")),
        Layer::new("t").file("deploy/t.conf", "/usr/lib/tmpfiles.d/t.conf"),
        Layer::new("t").tree("deploy", "/etc/tmpfiles.d"),
    ] {
        let found = of_files("tmpfiles-line", &[("deploy/t.conf", text)], layer);
        assert_eq!(places(&found), [("deploy/t.conf:1:29".to_owned(), 29, 32)], "{found:#?}");
    }
    let layer = Layer::new("t").file("deploy/t.conf", "/usr/lib/tmpfiles.d/README");
    assert_eq!(of_files("tmpfiles-line", &[("deploy/t.conf", text)], layer), [], "no file of systemd's");
}

#[test]
fn an_account_has_one_number() {
    let files = [("deploy/a.conf", "u app 500\ng app 600\n"), ("deploy/b.conf", "u app 500\nu app 502\n")];
    let layer = Layer::new("a").with(Sysusers::file("deploy/a.conf")).with(Sysusers::file("deploy/b.conf"));
    let found = of_files("sysusers-line", &files, layer);
    assert_eq!(places(&found), [("deploy/b.conf:2:1".to_owned(), 1, 10)], "{found:#?}");
    assert_eq!(found[0].message, "`app` has the id `502` here and `500` in an earlier line, which counts");
    assert_eq!(found[0].related[0].place.as_ref().unwrap().to_string(), "deploy/a.conf:1:1");
}

/// A line that systemd ignores makes no account.
#[test]
fn a_service_has_no_user_of_an_ignored_line() {
    let unit = lapstrake::entry::Unit::text("app.service", "[Service]\nExecStart=/bin/sh\nUser=tel.emetry\n");
    let layer = Layer::new("a").with(Sysusers::file("deploy/a.conf")).unit(unit);
    let found = of_files("unit-user", &[("deploy/a.conf", "u tel.emetry\n")], layer);
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// Runs a program of systemd over lines, and returns the numbers of those that it refuses.
fn refused(program: &str, arguments: &[&str], directory: &str, lines: &[&str]) -> Option<BTreeSet<usize>> {
    let root = tempfile::TempDir::new().unwrap();
    let folder = root.path().join(directory);
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("lines.conf");
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let mut command = Command::new(program);
    command.args(arguments).arg(format!("--root={}", root.path().display())).arg(&file);
    let Ok(output) = command.env("SYSTEMD_LOG_COLOR", "0").output() else {
        assert!(std::env::var_os("CI").is_none(), "{program} is missing");
        return None;
    };
    let said = String::from_utf8(output.stderr).unwrap();
    let number = |line: &str| line.split_once("lines.conf:")?.1.split(':').next()?.parse().ok();
    // A warning about an argument that is not needed is about a line that is read.
    Some(
        said.lines()
            .filter(|line| !line.ends_with("argument fields, ignoring."))
            .filter_map(number)
            .collect(),
    )
}

fn numbers<T, E>(lines: &[&str], parse: impl Fn(&str) -> Result<T, E>) -> BTreeSet<usize> {
    lines.iter().zip(1..).filter(|(line, _)| parse(line).is_err()).map(|(_, number)| number).collect()
}

#[test]
fn sysusers_lines_are_read_as_systemd_reads_them() {
    let lines = [
        "u 0day",
        "u tel.emetry",
        "u aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "u aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "u a1 65535",
        "u a2 -5",
        "u a3 0500",
        "u a4 +5",
        "u a5 5x",
        "u a6 500",
        "r - 900-800",
        "r - 700",
        "r x 500-600",
        "r -",
        "r - 500-",
        "r - 600-65535",
        "g b1 4294967295",
        "g b2 77 \"text\"",
        "u a7 /etc",
        "u a8 -:b3",
        "u a9 5:0x",
        "u c1 - \"a:b\"",
        "u c2 - \"fine\" relative",
        "u c3 - \"fine\" /home/x/ bash",
        "u c4 - fine /home/../x /bin/sh",
        "m a b c",
        "m a",
        "m a 0b",
        "g",
        "; comment",
        "u c5 - - - -",
        "g c6 -",
        "u% a",
        "u _x-",
        "u -x",
        "u -",
        "u A9",
        "u c7 500:-",
        "u c8 5:5:5",
        "u c9 //x",
        "u d1 - \"open",
        "m - -",
        "g /x",
        "u d2 - x /home/./x",
        "r - 0-0",
        "g d3 0",
        "g d4 00",
    ];
    let Some(refused) = refused("systemd-sysusers", &["--dry-run"], "usr/lib/sysusers.d", &lines) else {
        return;
    };
    assert_eq!(numbers(&lines, SysusersLine::parse), refused);
}

#[test]
fn tmpfiles_lines_are_read_as_systemd_reads_them() {
    let lines = [
        "d /a1 0755 root root 10x -",
        "d /a2 0755 root root 10d -",
        "d /a3 0755 root root bogus:10d",
        "d /a4 0755 root root aAbBcCmM:10d",
        "d /a5 0755 root root ~10d",
        "d /a6 0755 root root \"2w 3d\"",
        "d /a7 0755 root root infinity",
        "d /a8 0755 root root 1.5h",
        "d /a9 0755 root root -5s",
        "d /a10 0755 root root 5 5",
        "f /b1 0644 root root - it's fine",
        "f \"/b2 0644",
        "f \"/b 3\" 0644",
        "f /b4 0644 root root - %q %",
        "f %q/b5",
        "f %t/b6",
        "f %z",
        "w /c1",
        "w /c2 - - - - x",
        "c /d1 0600 root root -",
        "c /d2 0600 root root - 1:3",
        "c /d3 0600 root root - 1",
        "t /e1",
        "t /e2 - - - - user.a=b",
        "a /e3",
        "h /f1",
        "h /f2 - - - - +i",
        "C /g1 - - - - rel",
        "C /g2",
        "L /h1 - - - - rel",
        "L /h2",
        "d!! /i1",
        "d+ /i2",
        "L+ /i4",
        "d",
        "d relative",
        "; c",
        "d /j4 0755 root root :10d",
        "d /j5 0755 root root a:",
        "d /j6 0755 root root ~",
        "x /k1 0755",
        "r /k2 - - - 10d",
        "e /k4",
        "y /k5",
        "e /k6 - - - 1us",
        "e /k7 - - - 1\u{b5}s",
        "e /k8 - - - 1fortnight",
        "e /k9 - - - 1d1",
        "d /k20 \"\"",
        "f^ /i8",
        "L /l1 - - - - %%",
        "f /l2 - - - - 100%",
        "w /l3 - - - - -",
        "d /l4 - - - ~a:10d",
        "d /l5 - - - a:~10d",
    ];
    let Some(refused) = refused("systemd-tmpfiles", &["--clean"], "usr/lib/tmpfiles.d", &lines) else {
        return;
    };
    assert_eq!(numbers(&lines, TmpfilesLine::parse), refused);
}

/// What distributions ship is read, by this machine's systemd too.
#[test]
fn the_files_of_this_machine_have_no_fault() {
    let is_line = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
    for (directory, is_read) in [
        ("/usr/lib/sysusers.d", (|line| SysusersLine::parse(line).is_ok()) as fn(&str) -> bool),
        ("/usr/lib/tmpfiles.d", |line| TmpfilesLine::parse(line).is_ok()),
    ] {
        let Ok(files) = fs::read_dir(Path::new(directory)) else { continue };
        for path in files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "conf"))
        {
            let text = fs::read_to_string(&path).unwrap_or_default();
            for line in text.lines().filter(is_line) {
                assert!(is_read(line.trim()), "{}: {line}", path.display());
            }
        }
    }
}
