//! One line of a configuration file, checked by the rules of the program that reads it.

use std::fmt;

use super::{Invalid, SshdLine, UdevRule, UserName};

/// A line of a configuration file, which its reader takes. [`Conf`](crate::entry::Conf) has a function for each reader.
///
/// ```
/// use lapstrake::entry::Conf;
/// use lapstrake::value::ConfLine;
///
/// let net = Conf::sysctl("90-net", ["net.ipv4.ip_forward = 1"]);
/// let line: &ConfLine = net.lines[0].get().unwrap();
/// assert_eq!(line.to_string(), "net.ipv4.ip_forward = 1");
/// assert!(Conf::sysctl("90-net", ["net.ipv4.ip_forward"]).lines[0].get().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfLine(String);

impl ConfLine {
    /// A line of sysctl.d(5): `KEY = VALUE`, or `-KEY` that no file sets.
    pub(crate) fn sysctl(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "kernel setting";
        one_line(WHAT, text)?;
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        let name = key.strip_prefix('-').unwrap_or(key);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._/*?[]-".contains(c);
        if name.is_empty() || !name.chars().all(allowed) {
            let error = Invalid::whole(WHAT, text, "has no key such as `net.ipv4.ip_forward`");
            return Err(error.or("write `net.ipv4.ip_forward = 1`"));
        }
        match value {
            None if key.starts_with('-') => Ok(Self(key.to_owned())),
            None => {
                let error = Invalid::whole(WHAT, text, "has no value");
                Err(error.or(format!("write `{key} = VALUE`")))
            }
            Some("") => Err(Invalid::whole(WHAT, text, "has no value")),
            Some(value) => Ok(Self(format!("{key} = {value}"))),
        }
    }

    /// A line of modules-load.d(5): the name of a module.
    pub(crate) fn module(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "kernel module";
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let reason = format!("has `{}`; letters, digits, `_` and `-` are allowed", wrong.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
            let meant = text.trim_end_matches(".xz").trim_end_matches(".ko");
            return Err(error.or_write(meant, Self::module));
        }
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        Ok(Self(text.to_owned()))
    }

    /// A line of dracut.conf(5) that adds names to a list.
    pub(crate) fn dracut<N: AsRef<str>>(
        list: &str,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, Invalid> {
        const WHAT: &str = "name for dracut";
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
        let mut line = format!("{list}+=\" ");
        for name in names {
            let name = name.as_ref();
            if name.is_empty() || !name.chars().all(allowed) {
                let reason = "has other than letters, digits, `_`, `-`, `.` and `+`";
                return Err(Invalid::whole(WHAT, name, reason));
            }
            line += &format!("{name} ");
        }
        Ok(Self(line + "\""))
    }

    /// A rule of udev(7).
    pub(crate) fn udev_rule(text: &str) -> Result<Self, Invalid> {
        UdevRule::parse(text).map(|_| Self(text.trim().to_owned()))
    }

    /// A line of systemd.preset(5): `enable`, `disable` or `ignore`, and a unit or a pattern of units.
    pub(crate) fn preset(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "preset line";
        one_line(WHAT, text)?;
        let mut words = text.split_whitespace();
        let (verb, unit) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !["enable", "disable", "ignore"].contains(&verb) {
            let error = Invalid::whole(WHAT, text, "does not start with `enable`, `disable` or `ignore`");
            return Err(error.or(format!("write `enable {}`", text.trim())));
        }
        if !unit.contains(['.', '*']) {
            let error = Invalid::whole(WHAT, text, "names no unit");
            return Err(error.or(format!("write `{verb} NAME.service`")));
        }
        if words.next().is_some() && !unit.contains("@.") {
            return Err(Invalid::whole(WHAT, text, "gives instances to a unit that is not a template"));
        }
        Ok(Self(text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// A line of `sshd_config`(5): a keyword and its arguments.
    pub(crate) fn sshd(text: &str) -> Result<Self, Invalid> {
        SshdLine::parse(text).map(|line| Self(line.to_string()))
    }

    /// A variable of all services, as `DefaultEnvironment=` takes it (systemd-system.conf(5)).
    pub(crate) fn environment(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "environment variable";
        one_line(WHAT, text)?;
        let Some((name, value)) = text.split_once('=') else {
            return Err(Invalid::whole(WHAT, text, "has no value").or(format!("write `{text}=VALUE`")));
        };
        super::Variable::parse(name)?;
        let value: String = value.chars().fold(String::new(), |mut value, c| {
            match c {
                '"' | '\\' => value.extend(['\\', c]),
                '%' => value.push_str("%%"),
                _ => value.push(c),
            }
            value
        });
        Ok(Self(format!("DefaultEnvironment=\"{name}={value}\"")))
    }

    /// The line of `/etc/hostname`: labels of letters, digits and `-`, at most 64 bytes (hostname(5)).
    pub(crate) fn host_name(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "host name";
        if text.is_empty() || text.len() > 64 {
            return Err(Invalid::whole(WHAT, text, "has not between 1 and 64 bytes"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let meant = text.replace(|c: char| !allowed(c), "-");
            let reason = format!("has `{}`; letters, digits, `-` and `.` are allowed", wrong.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
            return Err(error.or_write(&meant, Self::host_name));
        }
        let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        if !text.split('.').all(is_label) {
            return Err(Invalid::whole(
                WHAT,
                text,
                "has a label that is empty, or has a `-` at its start or end",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The line of `/etc/locale.conf` (locale.conf(5)).
    pub(crate) fn locale(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "locale";
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
        if text.is_empty() || !text.chars().all(allowed) {
            return Err(Invalid::whole(WHAT, text, "is not the name of a locale").or("write `C.UTF-8`"));
        }
        Ok(Self(format!("LANG={text}")))
    }

    /// A line of sudoers(5) that lets a user run commands as root.
    pub(crate) fn sudo(user: &UserName, commands: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "list of commands";
        one_line(WHAT, commands)?;
        if commands.trim().is_empty() {
            return Err(Invalid::whole(WHAT, commands, "is empty").or("write `ALL`"));
        }
        Ok(Self(format!("{user} ALL=(ALL) {}", commands.trim())))
    }

    /// The line as a text, as the file has it.
    ///
    /// ```
    /// # use lapstrake::entry::Conf;
    /// let locale = Conf::locale("de_DE.UTF-8");
    /// assert_eq!(locale.lines[0].get().unwrap().as_str(), "LANG=de_DE.UTF-8");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn one_line(what: &'static str, text: &str) -> Result<(), Invalid> {
    match text.find(['\n', '\0']) {
        Some(at) => Err(Invalid::new(what, text, at..at + 1, "is more than one line")),
        None => Ok(()),
    }
}
