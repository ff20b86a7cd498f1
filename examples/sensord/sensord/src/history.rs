//! The last sample of each boot, kept on disk: what the system was like when it went down. It does not
//! clean up; tmpfiles.d ages the directory.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("can't tell this boot from another by `{}`", .path.display())]
    BootId { path: PathBuf, source: io::Error },
    #[error("can't keep the last sample in `{}`", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Writes `line` as the last sample of this boot, whole or not at all.
pub fn keep(directory: &Path, line: &str, proc: &Path) -> Result<(), HistoryError> {
    let id = proc.join("sys/kernel/random/boot_id");
    let boot = std::fs::read_to_string(&id).map_err(|source| HistoryError::BootId { path: id, source })?;
    let path = directory.join(format!("{}.json", boot.trim()));
    let write = |source| HistoryError::Write { path: path.clone(), source };
    std::fs::create_dir_all(directory).map_err(write)?;
    let new = path.with_extension("new");
    std::fs::write(&new, line).map_err(write)?;
    std::fs::rename(&new, &path).map_err(write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_has_one_file_and_it_holds_the_last_line() {
        let directory = tempfile::tempdir().unwrap();
        let history = directory.path().join("history");
        keep(&history, "{\"sequence\":1}\n", Path::new("/proc")).unwrap();
        keep(&history, "{\"sequence\":2}\n", Path::new("/proc")).unwrap();
        let files: Vec<_> = std::fs::read_dir(&history).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), "{\"sequence\":2}\n");
    }
}
