//! What is different between two images, and what a device downloads that has one and gets the other. It compares what
//! was read of both, and reads nothing itself.

mod accounts;
mod change;
mod config;
mod download;
mod files;
mod kernel;
mod limit;
mod packages;
mod rpm;
#[cfg(test)]
mod tests;
mod units;

pub(crate) use self::change::{Change, Fact, How};
pub(crate) use self::download::{Download, Layer, LayerState};
pub(crate) use self::limit::{Limit, Size, violations};
pub(crate) use self::packages::{Database, Packages, database};
use crate::base::Base;

/// An image that is compared.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// As the user named it.
    pub(crate) name: String,
    pub(crate) image: Base,
    pub(crate) packages: Packages,
}

/// What a part of an image is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Packages,
    Units,
    Accounts,
    Kernel,
    Config,
    Files,
}

/// What is different in a part.
#[derive(Debug)]
pub(crate) struct PartDifference {
    pub(crate) part: Part,
    /// Sorted by name.
    pub(crate) changes: Vec<Change>,
    /// What could not be compared.
    pub(crate) unknown: Vec<String>,
}

/// What is different between two images.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) old: &'a Side,
    pub(crate) new: &'a Side,
    pub(crate) download: Download,
    pub(crate) parts: Vec<PartDifference>,
    /// How many objects of an ostree repository are different, which are the files once more.
    pub(crate) objects: usize,
}

impl Part {
    /// Returns the name in a document.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Packages => "packages",
            Self::Units => "units",
            Self::Accounts => "accounts",
            Self::Kernel => "kernel",
            Self::Config => "config",
            Self::Files => "files",
        }
    }

    /// Returns the title for a person.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Accounts => "users and groups",
            Self::Kernel => "kernel and its arguments",
            Self::Config => "config and labels",
            Self::Packages | Self::Units | Self::Files => self.key(),
        }
    }
}

impl PartDifference {
    fn known(part: Part, changes: Vec<Change>) -> Self {
        Self { part, changes, unknown: Vec::new() }
    }
}

impl<'a> Difference<'a> {
    /// Compares two images.
    pub(crate) fn of(old: &'a Side, new: &'a Side) -> Self {
        let (files, objects) = files::compare(old, new);
        let parts = vec![
            packages::compare(old, new),
            units::compare(old, new),
            PartDifference::known(Part::Accounts, accounts::compare(old, new)),
            kernel::compare(old, new),
            PartDifference::known(Part::Config, config::compare(old, new)),
            PartDifference::known(Part::Files, files),
        ];
        Self { old, new, download: Download::of(&old.image, &new.image), parts, objects }
    }

    /// Returns what is different in a part.
    pub(crate) fn part(&self, part: Part) -> &PartDifference {
        self.parts.iter().find(|found| found.part == part).expect("every part is compared")
    }

    /// Returns whether both are the same image.
    pub(crate) fn is_same_image(&self) -> bool {
        self.old.image.digest == self.new.image.digest
    }
}
