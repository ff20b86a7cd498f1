//! What enabling a unit does: the `[Install]` section of systemd.unit(5), as links to make. Where the
//! links go in the image is the plan's to say.

use super::UnitFile;
use crate::value::UnitName;

/// What a unit's `[Install]` section asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Install {
    links: Vec<Link>,
    also: Vec<UnitName>,
    default_instance: Option<String>,
    wrong: Vec<String>,
}

/// A link that enabling a unit makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// What kind of link, and so in which directory.
    pub kind: LinkKind,
    /// The unit that pulls this one in; for an alias, the other name.
    pub unit: UnitName,
}

/// The kinds of links, by the setting that asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// expanded as systemd.unit(5) allows there.
    ///
    /// ```
    /// use lapstrake::systemd::{Install, UnitFile};
    /// use lapstrake::value::UnitName;
    ///
    /// let file = UnitFile::parse("[Install]\nWantedBy=multi-user.target\nAlias=can-%i.service\n");
    /// let install = Install::of(&UnitName::parse("can@0.service").unwrap(), &file);
    /// assert_eq!(install.links()[0].unit.as_str(), "can-0.service");
    /// assert_eq!(install.links()[1].unit.as_str(), "multi-user.target");
    /// ```
    pub fn of(unit: &UnitName, file: &UnitFile) -> Self {
        let mut install = Self::default();
        for (key, kind) in LinkKind::ALL {
            for word in words(file, key) {
                match UnitName::parse(&expand(&word, unit)) {
                    Ok(unit) => install.links.push(Link { kind, unit }),
                    Err(_) => install.wrong.push(format!("{key}={word}")),
                }
            }
        }
        for word in words(file, "Also") {
            match UnitName::parse(&expand(&word, unit)) {
                Ok(unit) => install.also.push(unit),
                Err(_) => install.wrong.push(format!("Also={word}")),
            }
        }
        install.default_instance = file.values("Install", "DefaultInstance").last().map(str::to_owned);
        install
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

    /// Assignments that name no unit, as they stand.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Whether enabling the unit would do nothing.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.also.is_empty()
    }
}

fn words(file: &UnitFile, key: &str) -> Vec<String> {
    file.values("Install", key)
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_matches('"').to_owned())
        .collect()
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
