//! What to do about errors of the operating system that have nothing to do with the file at hand: a full disk, a missing
//! permission, a disk that can only be read. A message of such an error names its path.

use std::error::Error;
use std::io::{self, ErrorKind};

/// Returns what to do about the error if it, or one of its causes, is an error of that kind.
pub(crate) fn help(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(help) = kind.and_then(help_of) {
            return Some(help.to_owned());
        }
        cause = error.source();
    }
    None
}

fn help_of(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("free some space, or build on another disk with `--target-dir DIRECTORY`")
        }
        ErrorKind::PermissionDenied => Some(
            "an earlier command may have run as another user: give yourself its files with `sudo chown -R \"$(id -un)\" PATH`, \
             or name other folders with `--target-dir DIRECTORY` and `LAPSTRAKE_CACHE`",
        ),
        ErrorKind::ReadOnlyFilesystem => Some(
            "nothing can be written there: name other folders with `--target-dir DIRECTORY` and `LAPSTRAKE_CACHE`",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use super::help;

    #[derive(Debug, thiserror::Error)]
    #[error("it failed")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_error_of_the_system_is_found_among_the_causes() {
        for (kind, words) in [
            (ErrorKind::StorageFull, "free some space"),
            (ErrorKind::QuotaExceeded, "free some space"),
            (ErrorKind::PermissionDenied, "sudo chown"),
            (ErrorKind::ReadOnlyFilesystem, "LAPSTRAKE_CACHE"),
        ] {
            for help in [help(&io::Error::from(kind)), help(&Outer(kind.into()))] {
                assert!(help.as_ref().is_some_and(|help| help.contains(words)), "{kind}: {help:?}");
            }
        }
        assert_eq!(help(&Outer(ErrorKind::NotFound.into())), None);
        // The number of the operating system has a kind, too.
        assert!(help(&io::Error::from_raw_os_error(1)).is_some(), "EPERM");
    }
}
