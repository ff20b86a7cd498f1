//! Values that are names: capabilities, system calls, families of addresses, levels, facilities and streams.

use lapstrake::suggest::nearest;

use super::number;
use super::wrong::{Wrong, one_of, path_or_specifier};

const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FACILITIES: [&str; 20] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
const INPUTS: [&str; 7] = ["null", "tty", "tty-force", "tty-fail", "socket", "data", "fd"];
const OUTPUTS: [&str; 11] = [
    "inherit",
    "null",
    "tty",
    "journal",
    "journal+console",
    "kmsg",
    "kmsg+console",
    "socket",
    "fd",
    "syslog",
    "syslog+console",
];
/// The groups of system calls (systemd.exec(5), `SystemCallFilter=`).
const GROUPS: &str = "@aio @basic-io @chown @clock @cpu-emulation @debug @default @file-system @io-event @ipc @keyring \
    @known @memlock @module @mount @network-io @obsolete @pkey @privileged @process @raw-io @reboot @resources @sandbox \
    @setuid @signal @swap @sync @system-service @timer";
/// capabilities(7), without `CAP_`.
const CAPABILITIES: &str = "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN \
    DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE \
    MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN \
    SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG \
    WAKE_ALARM";

pub(super) fn capability(word: &str) -> Option<Wrong> {
    let upper = word.to_ascii_uppercase();
    let known = || CAPABILITIES.split_whitespace();
    let is_known = upper.strip_prefix("CAP_").is_some_and(|name| known().any(|known| known == name));
    if is_known || number::integer(word).is_some() {
        return None;
    }
    let wrong = Wrong::ignored(word, "the kernel has no such capability");
    let near = nearest(upper.strip_prefix("CAP_").unwrap_or(&upper), known());
    Some(match near {
        Some(near) => wrong.help(format!("did you mean `CAP_{near}`?")),
        None => wrong.help("capabilities(7) lists them"),
    })
}

pub(super) fn system_call(word: &str) -> Option<Wrong> {
    let name = word.split(':').next().unwrap_or(word);
    if name.starts_with('@') {
        let is_known = GROUPS.split_whitespace().any(|group| group == name);
        let wrong = || {
            let wrong = Wrong::ignored(name, "it is not a group of system calls");
            match nearest(name, GROUPS.split_whitespace()) {
                Some(near) => wrong.help(format!("did you mean `{near}`?")),
                None => wrong.help("`systemd-analyze syscall-filter` lists them"),
            }
        };
        return (!is_known).then(wrong);
    }
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (!is_name).then(|| Wrong::ignored(name, "it is not a system call"))
}

pub(super) fn family(word: &str) -> Option<Wrong> {
    let is_right = word == "none" || word.starts_with("AF_");
    (!is_right).then(|| {
        Wrong::ignored(word, "it is not a family of addresses")
            .help(format!("write `AF_{}`", word.to_ascii_uppercase()))
    })
}

pub(super) fn level(value: &str) -> Option<Wrong> {
    numbered(value, &LEVELS, 7, "a level of the log")
}

pub(super) fn facility(value: &str) -> Option<Wrong> {
    numbered(value, &FACILITIES, 23, "a facility of the log")
}

pub(super) fn input(value: &str) -> Option<Wrong> {
    stream(value, &INPUTS, &["file:"])
}

pub(super) fn output(value: &str) -> Option<Wrong> {
    stream(value, &OUTPUTS, &["file:", "append:", "truncate:"])
}

/// Judges a word that also has a number.
fn numbered(value: &str, words: &[&str], last: i64, what: &str) -> Option<Wrong> {
    let is_number = number::integer(value).is_some_and(|number| (0..=last).contains(&number));
    if is_number || words.contains(&value) {
        return None;
    }
    let wrong = Wrong::ignored(value, format!("it is not {what}"));
    Some(match nearest(value, words) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong.help(format!("write one of `{}`", words.join("`, `"))),
    })
}

/// Judges where a stream comes from or goes to.
fn stream(value: &str, words: &[&'static str], files: &[&str]) -> Option<Wrong> {
    if words.contains(&value) || value.starts_with("fd:") || value.contains('%') {
        return None;
    }
    if let Some(path) = files.iter().find_map(|start| value.strip_prefix(start)) {
        return path_or_specifier(path, None);
    }
    let words: Vec<_> =
        words.iter().filter(|word| !word.starts_with("syslog")).map(|word| (*word, 0)).collect();
    one_of(value, &words, None)
}
