//! What enabling a unit does: the `[Install]` section of systemd.unit(5), as links to make. Where the
//! links go in the image is the plan's to say.

use super::UnitFile;
use crate::value::{UnitKind, UnitName};

/// What a unit's `[Install]` section asks for (systemd.unit(5), "[Install] section options").
///
/// ```
/// use lapstrake::systemd::{Install, LinkKind, UnitFile};
/// use lapstrake::value::UnitName;
///
/// let text = "[Install]\nWantedBy=multi-user.target\nAlias=bus.mount\nAlso=can@.socket\nDefaultInstance=can0\n";
/// let install = Install::of(&UnitName::parse("can@.service").unwrap(), &UnitFile::parse(text));
/// assert_eq!(install.links()[0].kind, LinkKind::WantedBy);
/// assert_eq!(install.default_instance(), Some("can0"));
/// assert_eq!(install.wrong(), ["Alias=bus.mount"], "a service's alias is a service");
/// assert!(install.also().len() == 1 && !install.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Install {
    links: Vec<Link>,
    also: Vec<UnitName>,
    default_instance: Option<String>,
    wrong: Vec<String>,
}

/// A link that enabling a unit makes.
///
/// ```
/// use lapstrake::systemd::{Install, Link, LinkKind, UnitFile};
/// use lapstrake::value::UnitName;
///
/// let unit = UnitFile::parse("[Install]\nRequiredBy=boot-complete.target\n");
/// let install = Install::of(&UnitName::parse("check.service").unwrap(), &unit);
/// let target = UnitName::parse("boot-complete.target").unwrap();
/// assert_eq!(install.links(), [Link { kind: LinkKind::RequiredBy, unit: target }]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// What kind of link, and so in which directory.
    pub kind: LinkKind,
    /// The unit that pulls this one in; for an alias, the other name.
    pub unit: UnitName,
}

/// The kinds of links, by the setting of systemd.unit(5) that asks for them.
///
/// ```
/// use lapstrake::systemd::LinkKind;
///
/// assert_eq!(LinkKind::WantedBy.directory(), Some("wants"));
/// assert_eq!(LinkKind::Alias.directory(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LinkKind {
    /// `Alias=`: another name of the unit.
    Alias,
    /// `RequiredBy=`: in the other unit's `.requires` directory.
    RequiredBy,
    /// `UpheldBy=`: in its `.upholds` directory.
    UpheldBy,
    /// `WantedBy=`: in its `.wants` directory.
    WantedBy,
}

impl LinkKind {
    const ALL: [(&str, Self); 4] = [
        ("Alias", Self::Alias),
        ("RequiredBy", Self::RequiredBy),
        ("UpheldBy", Self::UpheldBy),
        ("WantedBy", Self::WantedBy),
    ];

    /// The suffix of the directory that holds such links; none for an alias.
    pub fn directory(self) -> Option<&'static str> {
        match self {
            Self::Alias => None,
            Self::RequiredBy => Some("requires"),
            Self::UpheldBy => Some("upholds"),
            Self::WantedBy => Some("wants"),
        }
    }
}

impl Install {
    /// Reads the `[Install]` section for a unit of that name; `%n`, `%N`, `%p`, `%i`, `%j` and `%%` are
    /// expanded as systemd.unit(5) allows there, a template's with its default instance.
    ///
    /// ```
    /// use lapstrake::systemd::{Install, UnitFile};
    /// use lapstrake::value::UnitName;
    ///
    /// let file = UnitFile::parse("[Install]\nWantedBy=multi-user.target\nAlias=bus@%i.service\n");
    /// let install = Install::of(&UnitName::parse("can@0.service").unwrap(), &file);
    /// assert_eq!(install.links()[0].unit.as_str(), "bus@0.service");
    /// assert_eq!(install.links()[1].unit.as_str(), "multi-user.target");
    /// ```
    pub fn of(unit: &UnitName, file: &UnitFile) -> Self {
        let mut install = Self::default();
        if let Some(value) = file.values("Install", "DefaultInstance").last().filter(|_| unit.is_template()) {
            match expand(value, unit) {
                instance if unit.instantiate(&instance).is_some() => {
                    install.default_instance = Some(instance);
                }
                _ => install.wrong.push(format!("DefaultInstance={value}")),
            }
        }
        let instance = install.default_instance.as_deref().and_then(|instance| unit.instantiate(instance));
        let expanded = |word: &str| UnitName::parse(&expand(word, instance.as_ref().unwrap_or(unit)));
        // What pulls in a template without an instance has to bring one.
        let lacks_instance = unit.is_template() && instance.is_none();
        for (key, kind) in LinkKind::ALL {
            for word in file.values("Install", key).flat_map(words) {
                let linked = expanded(&unquoted(word)).ok().and_then(|other| match kind {
                    LinkKind::Alias => alias(unit, other),
                    _ => Some(other).filter(|other| !lacks_instance || other.instance().is_some()),
                });
                match linked {
                    Some(other) if kind == LinkKind::Alias && other == *unit => {}
                    Some(other) => install.link(Link { kind, unit: other }),
                    None => install.wrong.push(format!("{key}={word}")),
                }
            }
        }
        // Not a list as the others are: nothing resets it, and quotes are not taken off.
        for word in file.all("Install", "Also").flat_map(words) {
            match expanded(word) {
                Ok(also) => install.also.push(also),
                Err(_) => install.wrong.push(format!("Also={word}")),
            }
        }
        install
    }

    /// Makes a link once, however often it is asked for.
    fn link(&mut self, link: Link) {
        if !self.links.contains(&link) {
            self.links.push(link);
        }
    }

    /// The links to make, aliases first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Units that are enabled and disabled together with this one.
    pub fn also(&self) -> &[UnitName] {
        &self.also
    }

    /// The instance that enabling a template enables.
    pub fn default_instance(&self) -> Option<&str> {
        self.default_instance.as_deref()
    }

    /// Assignments that systemctl refuses, as they stand: what names no unit, an alias that can't be one,
    /// a template that nothing gives an instance.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Whether enabling the unit would do nothing.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.also.is_empty()
    }
}

/// The name that an `Alias=` links; none where systemctl refuses it: an alias is of the unit's own kind,
/// of a unit that may have aliases at all, and has an instance only if the unit has the same one or any.
fn alias(unit: &UnitName, other: UnitName) -> Option<UnitName> {
    let may = match unit.kind() {
        UnitKind::Device
        | UnitKind::Path
        | UnitKind::Service
        | UnitKind::Socket
        | UnitKind::Target
        | UnitKind::Timer => other.kind() == unit.kind(),
        UnitKind::Automount | UnitKind::Mount | UnitKind::Scope | UnitKind::Slice | UnitKind::Swap => false,
    };
    match (unit.instance(), other.instance()) {
        _ if !may => None,
        // A template's name becomes that of the instance.
        (Some(instance), Some("")) if !instance.is_empty() => other.instantiate(instance),
        (Some(""), Some(_)) | (None, None) => Some(other),
        (Some(instance), Some(others)) if instance == others => Some(other),
        _ => None,
    }
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', '\t']).filter(|word| !word.is_empty())
}

/// The word without the quotes around or inside it; a unit's name holds none.
fn unquoted(word: &str) -> String {
    word.replace(['"', '\''], "")
}

fn expand(word: &str, unit: &UnitName) -> String {
    let name = unit.as_str();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let prefix = stem.split_once('@').map_or(stem, |(prefix, _)| prefix);
    let mut out = String::new();
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        match (c, if c == '%' { rest.next() } else { None }) {
            ('%', Some('n')) => out.push_str(name),
            ('%', Some('N')) => out.push_str(stem),
            ('%', Some('p')) => out.push_str(prefix),
            ('%', Some('i')) => out.push_str(unit.instance().unwrap_or_default()),
            ('%', Some('j')) => out.push_str(prefix.rsplit('-').next().unwrap_or_default()),
            ('%', Some('%') | None) => out.push('%'),
            ('%', Some(other)) => out.extend(['%', other]),
            (c, _) => out.push(c),
        }
    }
    out
}
