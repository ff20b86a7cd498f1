//! What the files of another image have and the results that are taken of it do not: special modes, owners and
//! capabilities. It is kept beside the results, so that each build that uses them reports it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};

use camino::Utf8Path;
use lapstrake::value::Mode;
use lapstrake_oci::regular;
use lapstrake_oci::tree::{CAPABILITY, Kind, Metadata};
use serde::{Deserialize, Serialize};

use crate::plan::{PlannedBuildStage, Product};
use crate::project::assets::{SourceError, SourceFile};

/// Grows with every change of what is kept.
pub(super) const VERSION: u32 = 1;
/// The mode bit by which others may read a file or a directory.
pub(super) const OTHERS_READ: u32 = 0o004;
const SPECIAL: u32 = 0o7000;
/// The record of an image with a million files that are not root's is smaller.
const MAX: u64 = 256 << 20;

/// What one file has.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unkept {
    /// The number of the result.
    result: usize,
    /// Its path in the result; empty if it is the result.
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<(u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Vec<u8>>,
}

impl Unkept {
    /// Returns none if the file has nothing that its result has not. `is_open` is whether others may read its directory.
    pub(super) fn of(result: usize, name: &str, metadata: &Metadata, is_open: bool) -> Option<Self> {
        let mode = metadata.mode.bits();
        let is_special = mode & SPECIAL != 0 || is_open && mode & OTHERS_READ == 0;
        let owner = (metadata.uid, metadata.gid);
        let unkept = Self {
            result,
            name: name.to_owned(),
            mode: is_special.then_some(mode),
            owner: (owner != (0, 0)).then_some(owner),
            capabilities: metadata.xattrs.get(CAPABILITY).map(<[u8]>::to_vec),
        };
        (unkept.mode.is_some() || unkept.owner.is_some() || unkept.capabilities.is_some()).then_some(unkept)
    }
}

/// Writes the record after the last result. Returns the number of both.
pub(super) fn write(stage: &PlannedBuildStage, unkept: &[Unkept], results: &Utf8Path) -> io::Result<usize> {
    let number = stage.results.len();
    fs::write(results.join(number.to_string()), serde_json::to_vec(unkept)?)?;
    Ok(number + 1)
}

/// Adds to the files of a result what they have in their image.
pub(super) fn add(
    stage: &PlannedBuildStage,
    product: &Product,
    path: &Utf8Path,
    tree: &mut BTreeMap<String, Kind<SourceFile>>,
) -> Result<(), SourceError> {
    let number = stage.results.iter().position(|result| result == product);
    let record = path.with_file_name(stage.results.len().to_string());
    let unkept = read(&record)
        .map_err(|error| SourceError::Unreadable { path: record.clone(), reason: error.to_string() })?;
    for Unkept { name, mode, owner, capabilities, .. } in
        unkept.into_iter().filter(|unkept| Some(unkept.result) == number)
    {
        if let Some(Kind::File(file)) = tree.get_mut(&name) {
            file.special_mode = mode.and_then(Mode::from_bits);
            (file.owner, file.capabilities) = (owner, capabilities);
        }
    }
    Ok(())
}

fn read(record: &Utf8Path) -> io::Result<Vec<Unkept>> {
    let mut bytes = Vec::new();
    regular::open(record)?.take(MAX).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
