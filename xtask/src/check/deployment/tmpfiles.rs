//! `tmpfiles-mode` and `tmpfiles-owner`: lines of tmpfiles.d that systemd-tmpfiles refuses or that make
//! what nobody meant. Only what the layers bring is judged.

use crate::check::accounts::Accounts;
use crate::check::tmpfiles::{Line, lines};
use crate::check::{Check, Example, Fault, Subject};
use lapstrake::suggest::nearest;

pub(super) const MODE: Check = Check::warning(
    "tmpfiles-mode",
    "systemd-tmpfiles refuses a mode that is not octal, and makes what is written otherwise, fit or not",
    mode,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").tmpfiles("app", ["d /var/lib/app 0644 root root -"])"#,
    fixed: r#"Layer::new("app").tmpfiles("app", ["d /var/lib/app 0755 root root -"])"#,
});

pub(super) const OWNER: Check = Check::fatal(
    "tmpfiles-owner",
    "systemd-tmpfiles makes nothing for a user or group that it can't find",
    owner,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").tmpfiles("app", ["d /var/lib/app 0750 app app -"])"#,
    fixed: r#"Layer::new("app")
    .sysusers("app", ["u app -"])
    .tmpfiles("app", ["d /var/lib/app 0750 app app -"])"#,
});

/// Types whose path becomes a directory.
const DIRECTORIES: &str = "dDevqQ";
/// Types that take no mode or owner.
const WITHOUT: &str = "xXrRLtThHaA";

/// The lines of the layers' own files, of types that take a mode and an owner.
fn ours<'a>(subject: &Subject<'a>) -> Vec<Line<'a>> {
    let ours = lines(subject.tree()).into_iter().filter(|line| line.node.site().is_some());
    ours.filter(|line| !WITHOUT.contains(line.kind())).collect()
}

/// What is doubtful about a mode.
#[derive(Clone, Copy)]
enum Doubt {
    NotOctal,
    NotEntered,
    Everybody,
}

impl Doubt {
    fn as_words(self) -> &'static str {
        match self {
            Self::NotOctal => "is not a mode in octal",
            Self::NotEntered => "lets nobody enter a directory that it lets them read",
            Self::Everybody => "lets everybody rename and delete what others put there",
        }
    }
}

fn mode(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for line in ours(subject) {
        // `~` masks what is there, `:` applies to what is new alone.
        let Some(text) = line.given(2).map(|text| text.trim_start_matches(['~', ':'])) else { continue };
        let path = line.given(1).unwrap_or_default();
        let is_directory = DIRECTORIES.contains(line.kind());
        let (reason, meant) = match u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o7777) {
            None => (Doubt::NotOctal, if is_directory { 0o755 } else { 0o644 }),
            Some(bits) if is_directory && bits & 0o444 & !((bits & 0o111) << 2) != 0 => {
                (Doubt::NotEntered, bits | (bits & 0o444) >> 2)
            }
            Some(bits) if bits & 0o002 != 0 && bits & 0o1000 == 0 && is_directory => {
                (Doubt::Everybody, bits | 0o1000)
            }
            Some(_) => continue,
        };
        let meant = format!("{meant:04o}");
        let fault = line.fault_at(text, format!("`{path}`: `{text}` {}", reason.as_words()));
        let fault = fault.help(format!("write `{meant}`"));
        faults.push(match reason {
            Doubt::NotOctal => fault.as_fatal("systemd ignores the line"),
            Doubt::NotEntered => fault.replaced(&line.node, &line.word(text), &meant),
            Doubt::Everybody => fault,
        });
    }
    faults
}

fn owner(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.lacks_accounts() {
        return Vec::new();
    }
    let accounts = Accounts::of(subject.tree());
    let mut faults = Vec::new();
    for line in ours(subject) {
        let wanted = [(line.given(3), &accounts.users, 'u'), (line.given(4), &accounts.groups, 'g')];
        for (name, known, letter) in wanted {
            let name = name.unwrap_or_default().trim_start_matches(':');
            let is_name = !name.is_empty() && !name.contains('%') && name.parse::<u32>().is_err();
            if is_name && !known.contains_key(name) {
                let what = if letter == 'u' { "user" } else { "group" };
                let path = line.given(1).unwrap_or_default();
                let message = format!("`{path}` shall belong to {what} `{name}`, which nothing makes");
                let help = match nearest(name, known.keys()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add `.sysusers({name:?}, [\"{letter} {name} -\"])`"),
                };
                faults.push(line.fault_at(name, message).help(help).for_account(name));
            }
        }
    }
    faults
}
