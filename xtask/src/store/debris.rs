//! Removes the files of processes that were killed while they wrote.

use std::fs;
use std::time::Duration;

use camino::Utf8Path;

/// The age at which a partial file or folder is debris. No step of a build takes as long.
const ABANDONED: Duration = Duration::from_hours(24);

/// Removes the partial files and folders in a folder: those whose names begin with one of `prefixes`, and that
/// have not changed for a day.
pub(super) fn sweep(folder: &Utf8Path, prefixes: &[&str]) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if !prefixes.iter().any(|prefix| entry.file_name().starts_with(prefix)) {
            continue;
        }
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let is_old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED));
        if is_old {
            // Another process may have removed it already.
            drop(fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use camino::Utf8Path;

    use super::{ABANDONED, sweep};

    #[test]
    fn what_is_partial_and_a_day_old_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        for name in [".tmp-old", ".tmp-new", "kept"] {
            fs::write(root.join(name), "").unwrap();
        }
        fs::create_dir_all(root.join(".stage-old/folder")).unwrap();
        for old in [".tmp-old", "kept", ".stage-old"] {
            let file = fs::File::open(root.join(old)).unwrap();
            file.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
        }
        sweep(root, &[".tmp", ".stage-"]);
        let mut left: Vec<_> =
            root.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        left.sort();
        assert_eq!(left, [".tmp-new", "kept"]);
        sweep(&root.join("missing"), &[""]);
    }
}
