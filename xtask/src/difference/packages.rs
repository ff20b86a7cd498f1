//! The packages of two images, by their names and versions, as each image's own rpm database has them.

use lapstrake::value::ImagePath;
use lapstrake_oci::Digest;
use lapstrake_oci::tree::LayerNumber;
use serde_json::json;

use super::change::Change;
use super::rpm;
use super::{Part, PartDifference, Side};
use crate::base::{BaseIndex, facts};
use crate::support::small_map::{SmallMap, SmallSet};

/// The places of rpm's database, the newest first; rpm-ostree has it in the last one.
const DIRECTORIES: [&str; 3] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"];
/// The databases of other versions of rpm: ndb and Berkeley DB.
const OTHERS: [&str; 2] = ["Packages.db", "Packages"];
/// The databases of other programs.
const FOREIGN: [(&str, &str); 3] =
    [("/var/lib/dpkg", "status"), ("/lib/apk/db", "installed"), ("/var/lib/pacman", "local")];
/// The most bytes of a database that are read.
const SIZE_MAX: u64 = 1 << 30;

/// The versions that are installed of each package, by its name and architecture.
pub(crate) type Installed = SmallMap<String, SmallSet<String>>;

/// What is known of the packages of an image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Packages {
    /// It has no database of packages.
    None,
    Known(Installed),
    /// Why they are not known.
    Unknown(String),
}

/// Where the packages of an image are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    None,
    /// A file of the layer with that number, or of one below it.
    File {
        size: u64,
        digest: Digest,
        layer: LayerNumber,
    },
    /// Why it can't be read.
    Unreadable(String),
}

/// Finds the rpm database of an image.
pub(crate) fn database(index: &BaseIndex) -> Database {
    let tree = index.tree();
    let find = |directory: &str, file: &str| {
        let path = ImagePath::parse(&format!("{directory}/{file}")).ok()?;
        let entry = tree.get(&tree.follow(&path).ok()?)?;
        Some((facts(&entry.node.kind), entry.layer))
    };
    for directory in DIRECTORIES {
        if let Some((Some(file), layer)) = find(directory, "rpmdb.sqlite") {
            let journal = find(directory, "rpmdb.sqlite-wal")
                .and_then(|(file, _)| file)
                .is_some_and(|file| file.size > 0);
            return if journal {
                Database::Unreadable(format!("`{directory}/rpmdb.sqlite` has a journal that is not merged"))
            } else if file.size > SIZE_MAX {
                Database::Unreadable(format!("`{directory}/rpmdb.sqlite` is larger than 1 GiB"))
            } else {
                Database::File { size: file.size, digest: file.digest.clone(), layer }
            };
        }
        let other = OTHERS.into_iter().find(|other| find(directory, other).is_some());
        if let Some(other) = other {
            let text =
                format!("`{directory}/{other}` is a database of another kind than sqlite, which is not read");
            return Database::Unreadable(text);
        }
    }
    let foreign = FOREIGN.into_iter().find(|(directory, file)| find(directory, file).is_some());
    foreign.map_or(Database::None, |(directory, file)| {
        Database::Unreadable(format!("`{directory}/{file}` is not a database of rpm, and no other is read"))
    })
}

impl Packages {
    /// Reads an rpm database.
    pub(crate) fn read(database: &[u8]) -> Self {
        let packages = match rpm::packages(database) {
            Ok(packages) => packages,
            Err(error) => return Self::Unknown(format!("the rpm database can't be read: {error}")),
        };
        let mut known = Installed::new();
        for package in packages {
            known.or_default(format!("{}.{}", package.name, package.arch)).insert(package.version);
        }
        Self::Known(known)
    }

    fn installed(&self) -> Option<&Installed> {
        match self {
            Self::Known(installed) => Some(installed),
            Self::None | Self::Unknown(_) => None,
        }
    }

    fn unknown(&self, side: &Side) -> Option<String> {
        match self {
            Self::Unknown(reason) => Some(format!("the packages of `{}` are not known: {reason}", side.name)),
            Self::None | Self::Known(_) => None,
        }
    }
}

pub(super) fn compare(old: &Side, new: &Side) -> PartDifference {
    let unknown: Vec<_> = [old, new].into_iter().filter_map(|side| side.packages.unknown(side)).collect();
    let none = Installed::new();
    let is_known = unknown.is_empty();
    let [old, new] = [old, new].map(|side| side.packages.installed().filter(|_| is_known).unwrap_or(&none));
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let mut names: Vec<_> = new.keys().chain(gone).collect();
    names.sort();
    let mut changes = Vec::new();
    for name in names {
        let versions = |of: &Installed| of.get(name).cloned().unwrap_or_default();
        let (old, new) = (versions(old), versions(new));
        let version = |version: &String| vec![("version", json!(version))];
        if let ([old], [new]) = (&*old.iter().collect::<Vec<_>>(), &*new.iter().collect::<Vec<_>>()) {
            changes.extend(Change::of(name, Some(&version(old)), Some(&version(new))));
        } else {
            // Several versions of a kernel are installed side by side.
            let gone = old.iter().filter(|known| !new.contains(known));
            changes.extend(gone.filter_map(|gone| Change::of(name, Some(&version(gone)), None)));
            let added = new.iter().filter(|known| !old.contains(known));
            changes.extend(added.filter_map(|added| Change::of(name, None, Some(&version(added)))));
        }
    }
    PartDifference { part: Part::Packages, changes, unknown }
}

/// Returns whether a package has a lower version in the new image.
pub(super) fn is_downgrade(change: &Change) -> bool {
    let versions = change
        .fact("version")
        .and_then(|fact| Some((fact.old.as_ref()?.as_str()?, fact.new.as_ref()?.as_str()?)));
    versions.is_some_and(|(old, new)| rpm::compare_versions(new, old).is_lt())
}
