//! Packages of the base's distribution.

use crate::Given;
use crate::value::{Invalid, PackageSpec};

/// Packages that the base's package manager installs, in one transaction. They need an engine: the
/// package manager runs inside the image.
///
/// ```
/// use lapstrake::{Layer, entry::Packages};
///
/// let packages = Packages::new(["vsomeip3", "dlt-daemon"]);
/// assert_eq!(packages.install().len(), 2);
/// assert_eq!(Layer::new("platform").with(packages), Layer::new("platform").packages(["vsomeip3", "dlt-daemon"]));
/// ```
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
