//! How a task that can't be done says so: as cargo does, on stderr.

use std::error::Error;
use std::process::ExitCode;

/// Prints the error, its causes and its help.
pub(crate) fn complain(error: &dyn Error, help: Option<&str>, code: u8) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    if let Some(help) = help {
        eprintln!("help: {help}");
    }
    ExitCode::from(code)
}
