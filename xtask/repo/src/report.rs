//! Reports the failure of a task on stderr, in the form that cargo uses.

use std::error::Error;
use std::process::ExitCode;

/// Prints an error, its causes and its help, and returns the exit code.
pub(crate) fn report(error: &dyn Error, help: Option<&str>, code: u8) -> ExitCode {
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
