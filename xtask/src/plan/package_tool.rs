//! The package managers that a base may have.

use serde::Serialize;

/// What installs packages in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PackageTool {
    Dnf5,
    Dnf,
    Microdnf,
}

impl PackageTool {
    /// In the order in which they are preferred.
    pub(crate) const ALL: [Self; 3] = [Self::Dnf5, Self::Dnf, Self::Microdnf];

    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Dnf5 => "dnf5",
            Self::Dnf => "dnf",
            Self::Microdnf => "microdnf",
        }
    }

    /// Where it keeps what it has downloaded.
    pub(crate) fn cache(self) -> &'static str {
        match self {
            Self::Dnf => "/var/cache/dnf",
            Self::Dnf5 => "/var/cache/libdnf5",
            Self::Microdnf => "/var/cache/yum",
        }
    }
}

/// Whether a package is a group, which a package manager resolves by the metadata of its repositories.
pub(super) fn is_group(package: &str) -> bool {
    package.starts_with('@')
}
