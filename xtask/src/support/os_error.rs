//! Finds out whether an error is a full disk, and says what to do about it.

use std::error::Error;
use std::io;

/// Returns what to do if the error, or one of its causes, is a full disk.
pub(crate) fn help(error: &(dyn Error + 'static)) -> Option<String> {
    let is_full = |error: &(dyn Error + 'static)| {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        kind.is_some_and(|kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    };
    let help = "free some space, or build on another disk with `--target-dir DIRECTORY`";
    let mut cause = Some(error);
    while let Some(error) = cause {
        if is_full(error) {
            return Some(help.to_owned());
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::help;

    #[derive(Debug, thiserror::Error)]
    #[error("it failed")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_full_disk_is_found_among_the_causes() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(help(&full()).is_some());
        assert!(help(&Outer(full())).is_some());
        assert_eq!(help(&Outer(io::Error::from(io::ErrorKind::NotFound))), None);
    }
}
