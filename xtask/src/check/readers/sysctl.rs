//! `sysctl-line`: lines of sysctl.d that systemd-sysctl ignores, and keys that no kernel has.

use lapstrake::suggest::nearest;

use super::{judged, texts};
use crate::check::{Check, Example, Fault, Node, Subject};
use lapstrake::Span;

pub(super) const CHECK: Check = Check::fatal(
    "sysctl-line",
    "systemd-sysctl ignores a line that sets nothing and fails at boot, and ignores a key that the kernel has not",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("net").text("net.ipv4.ip_forward 1\n", "/usr/lib/sysctl.d/90-net.conf")"#,
    fixed: r#"Layer::new("net").text("net.ipv4.ip_forward = 1\n", "/usr/lib/sysctl.d/90-net.conf")"#,
});

/// The directories of /proc/sys that the kernel itself makes.
const TOPS: [&str; 10] = ["abi", "crypto", "debug", "dev", "fs", "kernel", "net", "sunrpc", "user", "vm"];
/// What is below `net`.
const OF_NET: [&str; 8] = ["bridge", "core", "ipv4", "ipv6", "mptcp", "netfilter", "sctp", "unix"];
/// Keys of the kernel. A kernel has others: only what is nearly one of these is a mistake.
const KEYS: &str = include_str!("sysctl_keys.txt");

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (node, text) in texts(subject, "sysctl.d", ".conf") {
        let lines = Span::lines(text).filter(|line| !line.of(text).starts_with(['#', ';']));
        faults.extend(lines.filter_map(|line| fault(&node, text, &line)));
    }
    faults
}

fn fault(node: &Node<'_>, text: &str, line: &Span) -> Option<Fault> {
    let written = line.of(text);
    let Some((key, _)) = written.split_once('=') else {
        // `-KEY` keeps a glob from setting the key.
        if written.starts_with('-') {
            return None;
        }
        let message = format!("`{}` sets nothing, and systemd-sysctl fails on it", written.escape_debug());
        let fault = Fault::at_span(node, line, message);
        let help = match written.split_once([' ', '\t', ':']) {
            Some((key, value)) if key.contains(['.', '/']) => {
                format!("write `{} = {}`", key.trim(), value.trim_start_matches([' ', '\t', ':']))
            }
            _ => "write `KEY = VALUE`, or `#` before a comment".to_owned(),
        };
        return Some(judged(node, fault.help(help)));
    };
    let key = key.trim();
    let key = key.strip_prefix('-').unwrap_or(key).trim();
    let (message, help) = unknown(key)?;
    Some(
        Fault::at_span(node, &line.word(text, key), message)
            .help(help)
            .as_warning("systemd-sysctl passes over a key that is missing"),
    )
}

/// Returns what is wrong with a key, and what to write instead, if the kernel has nearly the same key.
fn unknown(key: &str) -> Option<(String, String)> {
    if key.is_empty() {
        return Some(("the line has no key".to_owned(), "write `KEY = VALUE`".to_owned()));
    }
    let dotted = dotted(key);
    if dotted.contains(['*', '?', '[']) {
        return None;
    }
    let message = || format!("the kernel has no key `{}`, and systemd-sysctl ignores it", key.escape_debug());
    let (top, rest) = dotted.split_once('.').unwrap_or((&dotted, ""));
    if !TOPS.contains(&top) {
        if OF_NET.contains(&top) {
            return Some((message(), format!("write `net.{dotted}`")));
        }
        let near = nearest(top, TOPS).filter(|near| is_one_edit(top, near))?;
        return Some((message(), format!("did you mean `{near}.{rest}`?")));
    }
    let general = of_default(&dotted);
    let known = || KEYS.lines().filter(|line| !line.starts_with('#'));
    if known().any(|known| known == general) {
        return None;
    }
    let near = known().find(|known| is_one_edit(&general, known))?;
    Some((message(), format!("did you mean `{near}`?")))
}

/// Returns a key with dots between its parts. The first separator decides which of `.` and `/` parts them (sysctl.d(5)).
fn dotted(key: &str) -> String {
    let parts_by_slash = key.find(['.', '/']).is_some_and(|at| key[at..].starts_with('/'));
    // In the other case, a slash is a dot of a name.
    if parts_by_slash { key.replace('.', "\0").replace('/', ".").replace('\0', "/") } else { key.to_owned() }
}

/// Returns the key with `default` in place of an interface.
fn of_default(key: &str) -> String {
    let mut parts: Vec<_> = key.split('.').collect();
    if let ["net", "ipv4" | "ipv6", "conf" | "neigh", interface, _, ..] = parts.as_mut_slice() {
        *interface = "default";
    }
    parts.join(".")
}

/// Whether one character more, less or other, or two in another order, makes one of the other.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one == other || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let is_swap =
        one.get(..2).zip(other.get(..2)).is_some_and(|(one, other)| one[0] == other[1] && one[1] == other[0])
            && one[2..] == other[2..];
    let (one_less, other_less) = (one.get(1..), other.get(1..));
    is_swap || one_less == other_less || one_less == Some(other) || other_less == Some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_misspelt_if_it_is_one_edit_from_a_known_one() {
        let help = |key: &str| unknown(key).map(|(_, help)| help);
        for (key, meant) in [
            ("vm.swapiness", "vm.swappiness"),
            ("net.ipv4.ip_froward", "net.ipv4.ip_forward"),
            ("net/ipv4/tcp_syncookie", "net.ipv4.tcp_syncookies"),
            ("net.ipv4.conf.eth0.rp_filtr", "net.ipv4.conf.default.rp_filter"),
            ("kernal.panic", "kernel.panic"),
        ] {
            assert_eq!(help(key).unwrap(), format!("did you mean `{meant}`?"));
        }
        assert_eq!(help("ipv4.ip_forward").unwrap(), "write `net.ipv4.ip_forward`");
        for key in [
            "vm.swappiness",
            "net/ipv4/conf/eth0.100/rp_filter",
            "net.ipv4.conf.eth0/100.rp_filter",
            "net.*.conf.*.rp_filtr",
            "kernel.yama.ptrace_scope",
            "net.ipv4.tcp_tw_recycle",
            "vendor.knob",
            "dev.raid.speed_limit_max",
        ] {
            assert_eq!(help(key), None, "{key}");
        }
    }
}
