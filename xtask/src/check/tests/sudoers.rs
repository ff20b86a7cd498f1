//! Drop-ins of sudo, as `visudo -c` itself judges them.

use std::fs;
use std::process::Command;

use super::*;

fn of_file(text: &str, main: &str) -> Vec<Finding> {
    let workshop = Workshop::on_stand_in_and(Tar::new().file("etc/sudoers", main).end());
    workshop.source("deploy/fleet", text.as_bytes());
    let file = lapstrake::entry::File::new("deploy/fleet", "/etc/sudoers.d/fleet").mode(0o440);
    let found = workshop.check(&image(Layer::new("s").with(file)));
    found.into_iter().filter(|finding| finding.name == "sudoers-line").collect()
}

const MAIN: &str = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n";

#[test]
fn a_line_that_sudo_cannot_read_is_underlined() {
    let text = "# fleet\nalice ALL=(ALL) NOPASSWD ALL\n%wheel ALL=(ALL) ALL\nbob ALL=systemctl restart app\n\
        Defaults requiretty=yes, env_reset\nDefaults env_rset\nbob ALL=/bin/a, \\\n  /bin/b\n";
    let found = of_file(text, MAIN);
    let place = |finding: &Finding| {
        let place = finding.place.clone().unwrap();
        (place.line, place.column, place.end_column)
    };
    let places: Vec<_> = found.iter().map(place).collect();
    assert_eq!(places, [(2, 17, 25), (4, 9, 18), (5, 10, 20), (6, 10, 18)], "{found:#?}");
    let severities: Vec<_> = found.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Fatal, Severity::Fatal, Severity::Fatal, Severity::Warning]);
    assert_eq!(found[0].help.as_deref(), Some("write `NOPASSWD:`"));
    assert_eq!(found[1].help.as_deref(), Some("write the whole path: `/usr/bin/systemctl`"));
    assert_eq!(found[3].help.as_deref(), Some("did you mean `env_reset`?"));
}

#[test]
fn a_drop_in_of_sudo_is_read_if_the_main_file_includes_its_folder() {
    assert_eq!(of_file("alice ALL=ALL\n", MAIN), []);
    assert_eq!(of_file("alice ALL=ALL\n", "#includedir /etc/sudoers.d\n"), []);
    let found = of_file("alice ALL=ALL\n", "root ALL=ALL\n");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        found[0].help.as_deref(),
        Some("add `@includedir /etc/sudoers.d` as the last line of `/etc/sudoers`")
    );
}

/// Whether visudo takes a line, if it is here.
fn takes(line: &str) -> Option<bool> {
    let root = tempfile::TempDir::new().unwrap();
    let file = root.path().join("sudoers");
    fs::write(&file, format!("{line}\n")).unwrap();
    let Ok(output) = Command::new("/usr/sbin/visudo").arg("-c").arg("-f").arg(&file).output() else {
        assert!(std::env::var_os("CI").is_none(), "visudo is missing");
        return None;
    };
    Some(output.status.success())
}

const LINES: &str = r#"root ALL=(ALL:ALL) ALL
%wheel ALL=(ALL) NOPASSWD: ALL
alice ALL = NOPASSWD: ALL
alice ALL=NOPASSWD :ALL
alice ALL=PASSWD:NOPASSWD:ALL
alice ALL
alice
alice ALL=
alice ALL=(root ALL
alice ALL=(ALL)
alice ALL=()ALL
alice ALL=(:tty) ALL
alice ALL=(root)/bin/ls
alice ALL=(root) NOPASSWD: /bin/ls, PASSWD: /bin/cat
alice ALL=/bin/ls, (root) /bin/cat
alice ALL=ls
alice ALL=./ls
alice ALL=bin/ls
alice ALL=Foo
alice ALL=FOO
alice ALL=ALL,ALL
alice ALL=ALL;
alice ALL=/bin/a; /bin/b
alice ALL=/bin/ls, /bin/cat -n
alice ALL=/bin/ls,
alice ALL=/bin/x a,b
alice ALL=/bin/x a=b
alice ALL=/usr/bin/a\:b
alice ALL=/bin/a : b
alice ALL=/bin/a : h=/bin/b
alice ALL=NOPASSWD ALL
alice ALL=NOPASWD: ALL
alice ALL=ALL /bin/ls
alice ALL=EXEC:NOEXEC: ALL
alice ALL=TYPE=x ROLE=y ALL
alice ALL=CWD=/a ALL
alice ALL=TIMEOUT=5m ALL
alice ALL=list
alice ALL=sudoedit /etc/x
alice ALL=sudoedit
alice ALL=!/bin/su
alice ALL=! /bin/su
alice ALL=ALL, !/bin/su
alice ALL=ALL # a comment
alice 10.0.0.0/8=ALL
alice host=/usr/bin/systemctl restart *
alice bob ALL=ALL
alice ALL ALL=ALL
alice, bob ALL=ALL
alice ,bob ALL,h=ALL
alice = ALL
=ALL
#1000 ALL=ALL
%#10 ALL=ALL
+netgroup ALL=ALL
!alice ALL=ALL
"a b" ALL=ALL
#comment
#include
@include
@includedir
@includedir /nowhere.d
@unknown x
Defaults
Defaults env_reset
Defaults !requiretty
Defaults  !env_reset, passwd_tries=3
Defaults env_reset,
Defaults env_reset passwd_tries=3
Defaults env_resett
Defaults requiretty=yes
Defaults passwd_tries = many
Defaults timestamp_timeout=15
Defaults env_keep += "A B"
Defaults secure_path=/a:/b
Defaults:alice !lecture
Defaults umask=0077
DEFAULTS env_reset
User_Alias ADMINS = a, b
User_Alias admins = a
User_Alias A
User_Alias A=
Runas_Alias OP = root, op
Host_Alias H = 10.0.0.1
Cmnd_Alias A = /bin/a : B = /bin/b
Cmnd_Alias A = ls
Cmnd_Alias A = /bin/a, /bin/b
Cmd_Alias A=/bin/a"#;

/// Of a line that visudo does not take, nothing may be certain; of a line that it takes, nothing is wrong.
#[test]
fn visudo_takes_the_same_lines() {
    let mut disagreed = Vec::new();
    for line in LINES.lines() {
        let Some(takes) = takes(line) else { return };
        let is_right = of_file(&format!("{line}\n"), MAIN).is_empty();
        if is_right != takes {
            disagreed.push((line, takes));
        }
    }
    assert!(LINES.lines().count() >= 60);
    assert_eq!(disagreed, [], "the lines, and whether visudo takes each");
}
