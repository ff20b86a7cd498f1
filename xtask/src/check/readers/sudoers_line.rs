//! The parts of a line of sudoers(5) that sudo certainly can't read. What is not understood here is not judged.

use std::ops::Range;

use lapstrake::suggest::nearest;

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The bytes of the line that are wrong.
    pub(super) at: Range<usize>,
    /// The end of a sentence about them.
    pub(super) why: &'static str,
    pub(super) help: Option<String>,
    /// Whether sudo goes on as if the rest of the line were right.
    pub(super) is_passed_over: bool,
}

impl Wrong {
    fn new(at: Range<usize>, why: &'static str) -> Self {
        Self { at, why, help: None, is_passed_over: false }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A part of a line, and where it begins.
#[derive(Clone, Copy)]
struct Part<'l> {
    text: &'l str,
    start: usize,
}

const TAGS: [&str; 16] = [
    "EXEC",
    "NOEXEC",
    "FOLLOW",
    "NOFOLLOW",
    "INTERCEPT",
    "NOINTERCEPT",
    "LOG_INPUT",
    "NOLOG_INPUT",
    "LOG_OUTPUT",
    "NOLOG_OUTPUT",
    "MAIL",
    "NOMAIL",
    "PASSWD",
    "NOPASSWD",
    "SETENV",
    "NOSETENV",
];
const OPTIONS: [&str; 10] = [
    "ROLE",
    "TYPE",
    "APPARMOR_PROFILE",
    "PRIVS",
    "LIMITPRIVS",
    "NOTBEFORE",
    "NOTAFTER",
    "TIMEOUT",
    "CWD",
    "CHROOT",
];
const ALIASES: [&str; 5] = ["User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias", "Cmd_Alias"];
/// Flags that people set. A name is compared with them and is not refused if it is like none.
const FLAGS: [&str; 34] = [
    "always_set_home",
    "authenticate",
    "closefrom_override",
    "env_editor",
    "env_reset",
    "fast_glob",
    "fqdn",
    "ignore_dot",
    "ignore_local_sudoers",
    "insults",
    "log_host",
    "log_input",
    "log_output",
    "log_year",
    "long_otp_prompt",
    "mail_always",
    "mail_badpass",
    "mail_no_host",
    "mail_no_perms",
    "mail_no_user",
    "match_group_by_gid",
    "noexec",
    "path_info",
    "preserve_groups",
    "pwfeedback",
    "requiretty",
    "rootpw",
    "root_sudo",
    "runaspw",
    "set_home",
    "set_logname",
    "setenv",
    "targetpw",
    "use_pty",
];
/// Options that have a value.
const VALUED: [&str; 26] = [
    "badpass_message",
    "closefrom",
    "editor",
    "env_check",
    "env_delete",
    "env_file",
    "env_keep",
    "exempt_group",
    "iolog_dir",
    "iolog_file",
    "lecture",
    "lecture_file",
    "listpw",
    "logfile",
    "loglinelen",
    "mailto",
    "passprompt",
    "passwd_timeout",
    "passwd_tries",
    "runas_default",
    "secure_path",
    "syslog",
    "timestamp_timeout",
    "timestamp_type",
    "umask",
    "verifypw",
];

/// Returns what is wrong with a line without its continuation; none if sudo reads it, or may.
pub(super) fn wrong(line: &str) -> Option<Wrong> {
    let line = Part { text: line, start: 0 }.trimmed();
    // Quotes and regular expressions have rules of their own.
    let text = line.text;
    if text.is_empty() || text.contains(['"', '^']) {
        return None;
    }
    if let Some(directive) = text.strip_prefix('@') {
        let (name, path) = directive.split_once([' ', '\t']).unwrap_or((directive, ""));
        let is_known = matches!(name, "include" | "includedir");
        return match is_known {
            true if path.trim().is_empty() => Some(Wrong::new(line.range(), "names nothing to include")),
            true => None,
            false => {
                Some(Wrong::new(line.range(), "is not a directive").help("write `@include` or `@includedir`"))
            }
        };
    }
    // `#1000` is a user by number.
    if text.starts_with('#') && !text[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let line = line.without_comment();
    let word = line.text.split([' ', '\t']).next().unwrap_or_default();
    if let Some(rest) = line.text.strip_prefix("Defaults") {
        if rest.is_empty() {
            return Some(Wrong::new(line.range(), "sets nothing"));
        }
        return rest.starts_with([' ', '\t']).then(|| defaults(line.from("Defaults".len()))).flatten();
    }
    if ALIASES.contains(&word) {
        return aliases(line.from(word.len()), word.starts_with("Cm"));
    }
    rule(line)
}

impl Part<'_> {
    fn range(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    fn from(self, at: usize) -> Self {
        Self { text: &self.text[at..], start: self.start + at }
    }

    fn trimmed(self) -> Self {
        let text = self.text.trim_start_matches([' ', '\t']);
        let start = self.start + self.text.len() - text.len();
        Self { text: text.trim_end_matches([' ', '\t']), start }
    }

    /// Returns the parts between the places of a character that have no backslash before them.
    fn split(self, by: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = 0;
        for at in unescaped(self.text, &[by]) {
            parts.push(Self { text: &self.text[from..at], start: self.start + from }.trimmed());
            from = at + by.len_utf8();
        }
        parts.push(self.from(from).trimmed());
        parts
    }

    /// Returns what is before a `#` that is not the number of a user or group.
    fn without_comment(self) -> Self {
        let is_comment =
            |at: &usize| *at > 0 && !self.text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        match unescaped(self.text, &['#']).find(is_comment) {
            Some(at) => Self { text: &self.text[..at], ..self }.trimmed(),
            None => self,
        }
    }
}

fn unescaped<'t>(text: &'t str, of: &'t [char]) -> impl Iterator<Item = usize> + 't {
    let mut is_escaped = false;
    text.char_indices().filter_map(move |(at, c)| {
        let found = !is_escaped && of.contains(&c);
        is_escaped = !is_escaped && c == '\\';
        found.then_some(at)
    })
}

/// Judges `Defaults` without a scope.
fn defaults(entries: Part<'_>) -> Option<Wrong> {
    for entry in entries.split(',') {
        let name = entry.text.trim_start_matches(['!', ' ', '\t']);
        let start = entry.start + entry.text.len() - name.len();
        let length = name
            .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_')
            .unwrap_or(name.len());
        let (name, rest) = name.split_at(length);
        let at = start..start + length;
        if entry.text.is_empty() {
            return Some(Wrong::new(entries.range(), "has a comma with nothing at one side"));
        }
        let (is_flag, is_valued) = (FLAGS.contains(&name), VALUED.contains(&name));
        if !is_flag && !is_valued && !name.is_empty() {
            let near = nearest(name, FLAGS.iter().chain(&VALUED).copied())?;
            let wrong = Wrong::new(at, "is not a setting that sudo is known to have");
            return Some(Wrong { is_passed_over: true, ..wrong.help(format!("did you mean `{near}`?")) });
        }
        let has_value = rest.trim_start().starts_with(['=', '+', '-']);
        if is_flag && has_value {
            return Some(Wrong::new(at, "takes no value").help(format!("write `{name}` or `!{name}`")));
        }
        if !has_value && !rest.trim().is_empty() {
            return Some(Wrong::new(entry.range(), "has two settings without a comma between them"));
        }
        let value = rest.trim_start().strip_prefix('=').map(str::trim);
        let is_number = matches!(name, "passwd_tries" | "loglinelen" | "closefrom");
        if is_number && value.is_some_and(|value| value.parse::<u32>().is_err()) {
            return Some(Wrong::new(entry.range(), "needs a number"));
        }
    }
    None
}

/// Judges `NAME = list : NAME = list`.
fn aliases(all: Part<'_>, is_of_commands: bool) -> Option<Wrong> {
    let all = all.trimmed();
    // In hosts, a `:` is of an address.
    let Some((name, list)) = all.text.split_once('=') else {
        return Some(Wrong::new(all.range(), "has no `=`").help("write `NAME = LIST`"));
    };
    let name = Part { text: name, start: all.start }.trimmed();
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    if !is_name(name.text) {
        let help = format!("write `{}`", name.text.to_ascii_uppercase());
        return Some(
            Wrong::new(name.range(), "is not the name of an alias, which has capital letters").help(help),
        );
    }
    let list = all.from(all.text.len() - list.len());
    if list.trimmed().text.is_empty() {
        return Some(Wrong::new(all.range(), "has nothing after `=`"));
    }
    if !is_of_commands || list.text.contains([':', '=']) {
        return None;
    }
    list.split(',').into_iter().find_map(|it| command(it, all))
}

/// Judges `users hosts = commands : hosts = commands`.
fn rule(line: Part<'_>) -> Option<Wrong> {
    let Some(equals) = unescaped(line.text, &['=']).next() else {
        return Some(
            Wrong::new(line.range(), "has no `=`")
                .help("write `USER HOST=(RUNAS) COMMAND`, such as `alice ALL=(ALL) ALL`"),
        );
    };
    let left = Part { text: &line.text[..equals], ..line }.trimmed();
    let words = lists(left.text);
    if words != 2 {
        let why = match words {
            0 => "names no user and no host",
            1 => "names no host",
            _ => "has more than users and hosts before the `=`",
        };
        let help = "write `USER HOST=(RUNAS) COMMAND`, with commas in a list of users";
        return Some(
            Wrong::new(if left.text.is_empty() { line.range() } else { left.range() }, why).help(help),
        );
    }
    commands(line.from(equals + 1).trimmed(), line)
}

/// Returns how many lists with commas there are. Blanks around a comma, and behind `!`, separate none.
fn lists(text: &str) -> usize {
    let mut count = 0;
    let mut is_open = false;
    for word in text.replace(',', " , ").replace('!', " ").split_whitespace() {
        if word == "," {
            is_open = true;
        } else {
            count += usize::from(!is_open);
            is_open = false;
        }
    }
    count
}

/// Judges what is after `=`.
fn commands(all: Part<'_>, line: Part<'_>) -> Option<Wrong> {
    let mut rest = all;
    if let Some(inner) = rest.text.strip_prefix('(') {
        let Some(end) = inner.find(')') else {
            return Some(Wrong::new(rest.range(), "has no `)`"));
        };
        rest = rest.from(end + 2).trimmed();
    }
    loop {
        let word = rest.text.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap_or_default();
        let after = rest.from(word.len()).trimmed();
        if TAGS.contains(&word) && after.text.starts_with(':') {
            rest = after.from(1).trimmed();
        } else if OPTIONS.contains(&word) && after.text.starts_with('=') {
            // Their values have blanks and colons of their own.
            return None;
        } else {
            break;
        }
    }
    // Further hosts, digests and addresses.
    if let Some(colon) = unescaped(rest.text, &[':']).next() {
        let before = Part { text: &rest.text[..colon], ..rest }.trimmed();
        let is_digest = before.text.contains("sha");
        if is_digest || rest.text[colon..].contains('=') || before.text.contains(',') {
            return None;
        }
        let wrong =
            Wrong::new(before.range(), "is before a `:`, which begins other hosts and their commands");
        return Some(match nearest(before.text, TAGS).filter(|_| !before.text.starts_with('/')) {
            Some(near) => wrong.help(format!("did you mean `{near}:`?")),
            None => wrong.help("write `\\:` in a command"),
        });
    }
    // Each command of a list may have a runas and tags of its own.
    let mut parts = rest.split(',').into_iter();
    let first = parts.next().and_then(|it| command(it, line));
    first.or_else(|| parts.filter(|it| !it.text.contains(['(', ':', '='])).find_map(|it| command(it, line)))
}

fn command(part: Part<'_>, line: Part<'_>) -> Option<Wrong> {
    let part = Part {
        text: part.text.trim_start_matches(['!', ' ', '\t']),
        start: part.start + part.text.len() - part.text.trim_start_matches(['!', ' ', '\t']).len(),
    };
    if part.text.is_empty() {
        return Some(
            Wrong::new(line.range(), "has no command where one is expected")
                .help("write `ALL`, or the path of a command"),
        );
    }
    let program = part.text.split([' ', '\t']).next().unwrap_or_default();
    let rest = part.text[program.len()..].trim();
    let at = part.start..part.start + program.len();
    let is_alias = program.starts_with(|c: char| c.is_ascii_uppercase())
        && program.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_alias {
        let wrong = Wrong::new(at, "has words behind it, and only a path has arguments");
        let is_tag = TAGS.contains(&program);
        let wrong = if is_tag { wrong.help(format!("write `{program}:`")) } else { wrong };
        return (!rest.is_empty()).then_some(wrong);
    }
    let is_known = matches!(program, "list" | "sudoedit") || program.starts_with("sha");
    if is_known || program.starts_with('/') || program.contains('(') {
        return None;
    }
    Some(Wrong::new(at, "is not the path of a command").help(format!(
        "write the whole path: `/usr/bin/{}`",
        program.trim_start_matches(['.', '/', '~', '\\'])
    )))
}
