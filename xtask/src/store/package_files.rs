//! Keeps the files of the packages that a layer installs, so that a finding can name the package.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::records::Kind;
use super::{Store, StoreError, Written};

const PACKAGES: Kind = Kind { name: "package-files", version: 1 };

/// The files of packages as rpm lists them, by the package's name, epoch, version, release and architecture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageFiles(pub(crate) BTreeMap<String, BTreeSet<String>>);

impl Store {
    /// Returns the files of the packages that a layer installs. None, where the record is missing or damaged.
    pub(crate) fn package_files(&self, layer: &Written) -> Option<PackageFiles> {
        self.records.read(PACKAGES, &layer.digest.hex())
    }

    /// Remembers the files of the packages that a layer installs.
    pub(crate) fn remember_package_files(
        &self,
        layer: &Written,
        files: &PackageFiles,
    ) -> Result<(), StoreError> {
        self.write_record(PACKAGES, &layer.digest.hex(), files).map(drop)
    }
}
