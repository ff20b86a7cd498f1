//! The places of a finding, in the order in which they are shown: the fault itself first.

use std::fmt;

use camino::Utf8Path;
use lapstrake::Site;

use super::{BROUGHT, Finding, Place};

/// A place that is shown: a call of the description, or a part of a file that a call brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot<'a> {
    Call(Site),
    File(&'a Place),
}

impl<'a> Spot<'a> {
    fn of(site: Site, place: Option<&'a Place>) -> Self {
        place.map_or(Self::Call(site), Self::File)
    }

    /// Returns where the fault of a finding is.
    pub(super) fn first(finding: &'a Finding) -> Option<Self> {
        finding.site.map(|site| Self::of(site, finding.place.as_deref()))
    }

    /// Returns the other places that belong to a finding, each with what it is.
    pub(super) fn others(finding: &'a Finding) -> Vec<(Self, &'a str)> {
        let entry = finding.site.filter(|_| finding.place.is_some());
        let related = finding.related.iter();
        let related = related.map(|it| (Self::of(it.site, it.place.as_deref()), it.message.as_str()));
        entry.map(|site| (Self::Call(site), BROUGHT)).into_iter().chain(related).collect()
    }

    /// Returns its file: relative to the workspace, or absolute if it is outside of that.
    pub(super) fn file(self, root: &Utf8Path) -> &'a str {
        match self {
            Self::Call(site) => site.file(),
            Self::File(place) => place.within(root).as_str(),
        }
    }

    pub(super) fn line(self) -> u32 {
        match self {
            Self::Call(site) => site.line(),
            Self::File(place) => place.line,
        }
    }

    pub(super) fn column(self) -> u32 {
        match self {
            Self::Call(site) => site.column(),
            Self::File(place) => place.column,
        }
    }

    /// Returns whether it is on the same line of the same file.
    pub(super) fn shares_line(self, other: Self) -> bool {
        match (self, other) {
            (Self::Call(one), Self::Call(other)) => (one.file(), one.line()) == (other.file(), other.line()),
            (Self::File(one), Self::File(other)) => (&one.file, one.line) == (&other.file, other.line),
            (Self::Call(_), Self::File(_)) | (Self::File(_), Self::Call(_)) => false,
        }
    }

    /// Returns whether one excerpt can show both. Of a file that a call brings, one line is known.
    pub(super) fn shares_excerpt(self, other: Self) -> bool {
        match (self, other) {
            (Self::Call(one), Self::Call(other)) => one.file() == other.file(),
            _ => self.shares_line(other),
        }
    }
}

impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(site) => site.fmt(f),
            Self::File(place) => place.fmt(f),
        }
    }
}
