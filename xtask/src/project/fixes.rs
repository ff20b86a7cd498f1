//! Fixes made in the files of the workspace: each file is read once, changed from its end to its start, and replaced as
//! a whole.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::finding::{Edit, Fix};
use crate::support::explain::Explain;
use crate::support::small_map::{SmallMap, SmallSet};

/// What was done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// The files that were changed, each with the number of its changes.
    pub(crate) files: SmallMap<Utf8PathBuf, usize>,
    /// How many fixes were not made, because the file is not what was checked or is outside of the workspace.
    pub(crate) left: usize,
}

/// A file can't be changed.
#[derive(Debug, thiserror::Error)]
#[error("`{file}` can't be changed")]
pub(crate) struct FixError {
    file: Utf8PathBuf,
    #[source]
    source: io::Error,
}

impl Explain for FixError {
    fn help(&self) -> Option<String> {
        Some("make it writable, or change it by hand; the findings say how".to_owned())
    }
}

/// Makes fixes in the files of a workspace. A file outside of it is somebody else's and is left.
///
/// # Errors
///
/// If a file can't be read or replaced. The files that were changed before stay changed.
pub(crate) fn apply<'a>(
    fixes: impl IntoIterator<Item = &'a Fix>,
    root: &Utf8Path,
) -> Result<Applied, FixError> {
    let root = root.canonicalize_utf8().map_err(|source| FixError { file: root.to_owned(), source })?;
    let mut of_files: SmallMap<Utf8PathBuf, SmallSet<&Fix>> = SmallMap::new();
    let mut applied = Applied::default();
    for fix in fixes {
        match fix.file(&root).canonicalize_utf8() {
            // Two findings can have one fix.
            Ok(file) if file.starts_with(&root) => drop(of_files.or_default(file).insert(fix)),
            Ok(_) | Err(_) => applied.left += 1,
        }
    }
    for (file, fixes) in of_files {
        let count = change(&file, &fixes).map_err(|source| FixError { file: file.clone(), source })?;
        applied.left += fixes.len() - count;
        if count > 0 {
            applied.files.insert(file.strip_prefix(&root).unwrap_or(&file).to_owned(), count);
        }
    }
    Ok(applied)
}

/// Changes one file, and returns how many of the fixes were made.
fn change(file: &Utf8Path, fixes: &SmallSet<&Fix>) -> io::Result<usize> {
    let metadata = fs::metadata(file)?;
    let is_executable = |mode: u32| mode & 0o111 != 0;
    let mut mode = metadata.permissions().mode();
    let wants_mode = fixes.iter().any(|fix| matches!(fix, Fix::Executable { .. })) && !is_executable(mode);
    let mut count = 0;
    if wants_mode {
        // As `chmod +x` with the usual umask: who may read may execute.
        mode |= (mode & 0o444) >> 2;
        fs::set_permissions(file, fs::Permissions::from_mode(mode))?;
        count += 1;
    }
    if fixes.iter().all(|fix| matches!(fix, Fix::Executable { .. })) {
        return Ok(count);
    }
    let Ok(text) = String::from_utf8(fs::read(file)?) else { return Ok(count) };
    let (changed, edits) = edited(&text, fixes.iter().filter_map(|fix| fix.edit(&text)).collect());
    if edits > 0 {
        let folder = file.parent().expect("a file of a workspace is in a directory");
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(changed.as_bytes())?;
        new.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        new.persist(file)?;
    }
    Ok(count + edits)
}

/// Returns a text with its edits made, and how many there were. Of two that overlap, the first is made.
fn edited(text: &str, mut edits: Vec<Edit>) -> (String, usize) {
    edits.sort();
    edits.dedup();
    let (mut changed, mut at, mut count) = (String::with_capacity(text.len()), 0, 0);
    for Edit { bytes: (start, end), new } in edits {
        let Some(between) = text.get(at..start) else { continue };
        changed.push_str(between);
        changed.push_str(&new);
        (at, count) = (end, count + 1);
    }
    changed.push_str(&text[at..]);
    (changed, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, new: &str) -> Edit {
        Edit { bytes: (start, end), new: new.to_owned() }
    }

    #[test]
    fn edits_of_a_text_are_made_in_any_order_and_the_second_of_two_that_overlap_is_left() {
        let edits = vec![edit(4, 5, "E"), edit(0, 1, "A"), edit(0, 1, "A"), edit(4, 6, "x"), edit(2, 2, "+")];
        assert_eq!(edited("abcdef", edits), ("Ab+cdEf".to_owned(), 3));
    }

    #[test]
    fn a_file_outside_of_the_workspace_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let (root, outside) = (folder.join("workspace"), folder.join("start.sh"));
        fs::create_dir(&root).unwrap();
        fs::write(&outside, "#!/bin/sh\n").unwrap();
        let fix = Fix::Executable { file: "../start.sh".into(), host: outside.clone() };
        assert_eq!(apply([&fix], &root).unwrap(), Applied { files: SmallMap::new(), left: 1 });
        assert_eq!(fs::metadata(&outside).unwrap().permissions().mode() & 0o111, 0);

        let inside = root.join("start.sh");
        fs::write(&inside, "#!/bin/sh\n").unwrap();
        let fix = Fix::Executable { file: "start.sh".into(), host: inside.clone() };
        let other = Fix::Executable { file: "../start.sh".into(), host: outside };
        let applied = apply([&fix, &other, &fix], &root).unwrap();
        assert_eq!(applied, Applied { files: SmallMap::from([("start.sh".into(), 1)]), left: 1 });
        assert_ne!(fs::metadata(&inside).unwrap().permissions().mode() & 0o111, 0);
    }
}
