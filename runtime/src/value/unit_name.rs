//! The name of a systemd unit, by systemd.unit(5).

use std::fmt;

use super::{Invalid, text_newtype};
use crate::suggest::nearest;

const WHAT: &str = "unit name";

/// A systemd unit's name: `sensord.service`, the template `getty@.service`, its instance
/// `getty@tty1.service`.
///
/// systemd.unit(5): a prefix of ASCII letters, digits and `:-_.\`, an `@` that is not first before an
/// instance, and a suffix that says the kind; at most 255 bytes.
///
/// ```
/// use lapstrake::value::{UnitKind, UnitName};
///
/// let unit = UnitName::parse("getty@tty1.service").unwrap();
/// assert_eq!(unit.kind(), UnitKind::Service);
/// assert_eq!(unit.template().unwrap().as_str(), "getty@.service");
/// assert_eq!(unit.instance(), Some("tty1"));
/// assert_eq!(UnitName::parse("sensord").unwrap_err().help(), Some("write `sensord.service`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

/// What a unit is, by its suffix (systemd.unit(5)).
///
/// ```
/// use lapstrake::value::{UnitKind, UnitName};
///
/// for (name, kind) in [
///     ("boot.automount", UnitKind::Automount),
///     ("dev-sda1.device", UnitKind::Device),
///     ("var-lib-data.mount", UnitKind::Mount),
///     ("inbox.path", UnitKind::Path),
///     ("session-1.scope", UnitKind::Scope),
///     ("sensord.service", UnitKind::Service),
///     ("machine.slice", UnitKind::Slice),
///     ("sensord.socket", UnitKind::Socket),
///     ("dev-sda2.swap", UnitKind::Swap),
///     ("multi-user.target", UnitKind::Target),
///     ("backup.timer", UnitKind::Timer),
/// ] {
///     assert_eq!(UnitName::parse(name).unwrap().kind(), kind);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// systemd.automount(5): a mount point that is mounted when it is first used.
    Automount,
    /// systemd.device(5): a device that udev knows.
    Device,
    /// systemd.mount(5): a mount point, named by its path.
    Mount,
    /// systemd.path(5): a path that is watched, to start a unit when it changes.
    Path,
    /// systemd.scope(5): processes that something other than systemd started; no file can define one.
    Scope,
    /// systemd.service(5): a process that systemd starts.
    Service,
    /// systemd.slice(5): a group of units that share resource limits.
    Slice,
    /// systemd.socket(5): a socket or FIFO, to start a service when it is used.
    Socket,
    /// systemd.swap(5): a swap device or file, named by its path.
    Swap,
    /// systemd.target(5): a point that units are grouped under.
    Target,
    /// systemd.timer(5): a clock, to start a unit at its times.
    Timer,
}

impl UnitKind {
    const ALL: [(&str, Self); 11] = [
        ("automount", Self::Automount),
        ("device", Self::Device),
        ("mount", Self::Mount),
        ("path", Self::Path),
        ("scope", Self::Scope),
        ("service", Self::Service),
        ("slice", Self::Slice),
        ("socket", Self::Socket),
        ("swap", Self::Swap),
        ("target", Self::Target),
        ("timer", Self::Timer),
    ];

    fn parse(suffix: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == suffix).map(|(_, kind)| *kind)
    }
}

impl UnitName {
    /// Returns whether a name has the suffix of a unit. It costs much less than an error of
    /// [`parse`](Self::parse), which suggests another name.
    ///
    /// ```
    /// # use lapstrake::value::UnitName;
    /// assert!(UnitName::has_suffix("sensord.service") && !UnitName::has_suffix("sensord.toml"));
    /// ```
    pub fn has_suffix(name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, suffix)| UnitKind::parse(suffix).is_some())
    }

    /// Parses a unit's name.
    ///
    /// ```
    /// # use lapstrake::value::UnitName;
    /// let error = UnitName::parse("/var/lib/data.mount").unwrap_err();
    /// assert_eq!(error.help(), Some("write `var-lib-data.mount`"));
    /// ```
    ///
    /// # Errors
    /// When the suffix is missing or none of systemd's, a character is not allowed, nothing stands before
    /// the suffix or the `@`, or it is longer than 255 bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (prefix, suffix) = text.rsplit_once('.').unwrap_or((text, ""));
        if UnitKind::parse(suffix).is_none() {
            let at = if suffix.is_empty() { 0 } else { prefix.len() + 1 };
            let error = if suffix.is_empty() {
                Invalid::whole(WHAT, text, "has no suffix, such as `.service`")
            } else {
                let reason = format!("ends in `.{}`, which is not a kind of unit", suffix.escape_debug());
                Invalid::new(WHAT, text, at..text.len(), reason)
            };
            let known = UnitKind::ALL.map(|(name, _)| name);
            let meant = match nearest(&suffix.to_lowercase(), known) {
                _ if suffix.is_empty() => format!("{}.service", text.trim_end_matches('.')),
                Some(suffix) => format!("{prefix}.{suffix}"),
                // `org.example.Sensor1` is a name that lacks its suffix; `sensord.conf` is no unit.
                None if prefix.contains('.') => format!("{text}.service"),
                None => {
                    let kinds = known.map(|name| format!("`.{name}`")).join(", ");
                    return Err(error.or(format!("units end in {kinds}")));
                }
            };
            return Err(error.or_write(&meant, Self::parse));
        }
        if text.len() > 255 {
            return Err(Invalid::whole(
                WHAT,
                text,
                format!("has {} bytes; systemd takes at most 255", text.len()),
            ));
        }
        if prefix.is_empty() || prefix.starts_with('@') {
            return Err(Invalid::new(WHAT, text, 0..1, "has no name before its suffix or `@`"));
        }
        if let Some(slash) = prefix.rfind('/') {
            let error = Invalid::new(WHAT, text, 0..slash + 1, "is a path");
            // A mount is named by the path of its mount point, a unit file lies at a path.
            let by_path = matches!(suffix, "automount" | "device" | "mount" | "swap");
            let meant = if by_path && !prefix.contains("systemd/") {
                format!("{}.{suffix}", escaped_path(prefix))
            } else {
                text[slash + 1..].to_owned()
            };
            return Err(error.or_write(&meant, Self::parse));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        if let Some((at, wrong)) = prefix.char_indices().find(|&(_, c)| !allowed(c)) {
            let reason = format!("has `{}`, which no unit's name can hold", wrong.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
            let meant = format!("{}.{suffix}", prefix.replace(|c| !allowed(c), "-"));
            return Err(error.or_write(&meant, Self::parse));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as a text, its suffix included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of unit it is.
    #[expect(clippy::missing_panics_doc, reason = "a unit name ends in its kind, because it was parsed")]
    pub fn kind(&self) -> UnitKind {
        // A parsed name has one of the suffixes.
        UnitKind::parse(self.suffix()).expect("a unit name ends in its kind")
    }

    /// The part between `@` and the suffix: `tty1` of `getty@tty1.service`, empty for a template, none
    /// for a plain unit. It stays escaped, as systemd-escape(1) wrote it.
    ///
    /// ```
    /// # use lapstrake::value::UnitName;
    /// let instance = |name| UnitName::parse(name).unwrap().instance().map(str::to_owned);
    /// assert_eq!(instance("getty@.service").as_deref(), Some(""));
    /// assert_eq!(instance("sensord.service"), None);
    /// ```
    pub fn instance(&self) -> Option<&str> {
        let stem = &self.0[..self.0.len() - self.suffix().len() - 1];
        stem.split_once('@').map(|(_, instance)| instance)
    }

    /// Whether it is a template, `name@.service`, which can be instantiated but not started.
    ///
    /// ```
    /// # use lapstrake::value::UnitName;
    /// assert!(UnitName::parse("getty@.service").unwrap().is_template());
    /// assert!(!UnitName::parse("getty@tty1.service").unwrap().is_template());
    /// ```
    pub fn is_template(&self) -> bool {
        self.instance() == Some("")
    }

    /// The template of an instance; none for anything else, a template included.
    pub fn template(&self) -> Option<Self> {
        let (prefix, _) = self.0.split_once('@')?;
        (!self.is_template()).then(|| Self(format!("{prefix}@.{}", self.suffix())))
    }

    /// An instance of a template; none when it is not a template, or the instance is empty or not a legal
    /// one.
    ///
    /// ```
    /// # use lapstrake::value::UnitName;
    /// let getty = UnitName::parse("getty@.service").unwrap();
    /// assert_eq!(getty.instantiate("tty1"), UnitName::parse("getty@tty1.service").ok());
    /// assert_eq!(getty.instantiate("tty 1"), None);
    /// ```
    pub fn instantiate(&self, instance: &str) -> Option<Self> {
        let (prefix, _) = self.0.split_once('@').filter(|_| self.is_template())?;
        Self::parse(&format!("{prefix}@{instance}.{}", self.suffix())).ok().filter(|_| !instance.is_empty())
    }

    fn suffix(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or_default()
    }
}

/// The name of a path, as `systemd-escape --path` makes it (systemd.unit(5), "String escaping for
/// inclusion in unit names").
fn escaped_path(path: &str) -> String {
    let components: Vec<_> = path.split('/').filter(|component| !component.is_empty()).collect();
    if components.is_empty() {
        return "-".to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":_.".contains(&byte);
    components
        .join("/")
        .bytes()
        .enumerate()
        .map(|(at, byte)| match byte {
            b'/' => "-".to_owned(),
            _ if plain(byte) && (byte, at) != (b'.', 0) => char::from(byte).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect()
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(UnitName);
