//! Packages of the base's distribution.

use crate::Given;
use crate::value::{Invalid, PackageSpec};

/// Packages that the base's package manager installs, in one transaction. They need an engine: the
/// package manager runs inside the image.
#[derive(Debug, Clone, PartialEq)]
pub struct Packages {
    install: Vec<Given<PackageSpec>>,
}

impl Packages {
    /// Installs these.
    #[track_caller]
    pub fn new<P>(packages: impl IntoIterator<Item = P>) -> Self
    where
        P: TryInto<PackageSpec, Error: Into<Invalid>>,
    {
        Self { install: Given::all(packages) }
    }

    /// What is installed.
    pub fn install(&self) -> &[Given<PackageSpec>] {
        &self.install
    }
}
