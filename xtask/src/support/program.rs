//! Whether a program is installed: looked for as execvp(3) does, and not started. Starting podman takes
//! longer than the rest of a build in which nothing has changed.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Whether a program of that name would be found.
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_what_can_be_executed() {
        assert!(installed("sh"));
        assert!(!installed("no-such-program") && !installed(""));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        std::fs::write(&file, "").unwrap();
        assert!(!is_executable(&file) && !is_executable(folder.path()));
    }
}
