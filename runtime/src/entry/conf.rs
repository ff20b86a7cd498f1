//! The file of a `*.d` directory that an entry names by its stem.

use crate::value::{ImagePath, Invalid};

/// Returns `DIRECTORY/NAME.SUFFIX`. A name that has the suffix keeps it.
pub(super) fn conf_file(directory: &str, name: &str, suffix: &str) -> Result<ImagePath, Invalid> {
    let stem = name.strip_suffix(suffix).and_then(|stem| stem.strip_suffix('.')).unwrap_or(name);
    if stem.is_empty() || stem.contains('/') {
        return Err(Invalid::whole("file name", name, "is not the name of a file in a `.d` directory"));
    }
    ImagePath::parse(&format!("{directory}/{stem}.{suffix}"))
}
