//! What origins of files are compared by.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::archive::Unpacked;
use super::fetched::Fetched;
use super::read_file::ReadFile;
use super::stage::Compiled;
use super::{Artefact, Origin, PlannedSecret};

/// What origins are compared by. Paths are compared as texts: camino compares them component by component,
/// which takes seconds where a layer has 100,000 files.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum OriginKey<'a> {
    Asset { host: &'a str, path: &'a str },
    Artefact(&'a Artefact),
    Text(&'a str),
    Compiled(&'a Compiled),
    Read(&'a ReadFile),
    Fetched(&'a Fetched),
    Unpacked(&'a Unpacked),
    SecretHash(&'a PlannedSecret),
}

impl Origin {
    fn key(&self) -> OriginKey<'_> {
        match self {
            Self::Asset { path, host } => OriginKey::Asset { host: host.as_str(), path: path.as_str() },
            Self::Artefact(artefact) => OriginKey::Artefact(artefact),
            Self::Text(text) => OriginKey::Text(text),
            Self::Compiled(compiled) => OriginKey::Compiled(compiled),
            Self::Read(file) => OriginKey::Read(file),
            Self::Fetched(file) => OriginKey::Fetched(file),
            Self::Unpacked(file) => OriginKey::Unpacked(file),
            Self::SecretHash(hash) => OriginKey::SecretHash(&hash.secret),
        }
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
