//! One file of 750 MB: a build without a change must not read it again.

use std::fs::{self, File};
use std::io::Write as _;

use super::Result;
use super::binary::{PAYLOAD, payload};
use super::figures::{Figures, megabytes, print_cost};
use super::measure::cost;
use crate::project::Project;

/// The size of the file in bytes.
const SIZE: u64 = 750 * 1_000_000;
/// The most that a build without a change may read, in megabytes.
const READ: f64 = 10.0;

pub(super) fn measure(project: &Project<'_>, figures: &mut Figures) -> Result<()> {
    let path = project.directory.join("asset.bin");
    if fs::metadata(&path).map_or(0, |found| found.len()) != SIZE {
        // The same bytes again are further apart than zstd looks back, so they compress as a binary does.
        let piece = payload(750);
        let mut file = File::create(&path)?;
        let mut left = SIZE;
        while left > 0 {
            let length = usize::try_from(left)?.min(PAYLOAD);
            file.write_all(&piece[..length])?;
            left -= length as u64;
        }
    }
    let build = || {
        project.run_image(&["build", "asset", "--quiet"])?;
        Ok(())
    };
    print_cost("750 MB asset, first build", cost(build)?);
    let unchanged = cost(build)?;
    print_cost("750 MB asset, nothing changed", unchanged);
    figures.compare("750 MB asset, nothing changed, read", megabytes(unchanged.read), READ, "MB");
    Ok(())
}
