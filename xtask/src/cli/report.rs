//! Errors as a person reads them: what failed, why, each cause on its line, and what to do.

use std::error::Error;
use std::fmt::Write;
use std::process::ExitCode;

use super::boot::ExecuteError;
use super::selection::SelectionError;
use crate::check::UnknownCheck;
use crate::finding::underline;
use crate::session::{Failure, Place};
use crate::support::progress::Colour;

/// A command that did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Usage(#[from] SelectionError),
    #[error(transparent)]
    Check(#[from] UnknownCheck),
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    #[error(transparent)]
    Failure(Box<Failure>),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

/// Tells the error on stderr, and gives the exit code it means.
pub(super) fn report(failed: &Failed, colour: Colour) -> ExitCode {
    let (help, code) = match failed {
        Failed::Usage(error) => (error.help(), 2),
        Failed::Check(error) => {
            let help = match &error.near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`cargo xtask image check --list` names them all".to_owned(),
            };
            (Some(help), 2)
        }
        Failed::Execute(error) => (Some(error.help()), 2),
        Failed::Failure(error) => (error.help(), 1),
    };
    let place = match failed {
        Failed::Failure(error) => error.place(),
        _ => None,
    };
    let place = place.and_then(|Place { site, root }| underline(*site, root, colour.on_stderr()));
    eprint!("{}", draw(failed, place.as_deref(), help.as_deref(), colour.on_stderr()));
    ExitCode::from(code)
}

fn draw(error: &dyn Error, place: Option<&str>, help: Option<&str>, colour: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colour { format!("\x1b[1m\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let mut out = format!("{}: {error}\n", paint("31", "error"));
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a String does not fail.
        _ = writeln!(
            out,
            "  {} {}",
            paint("34", "because"),
            cause.to_string().trim_end().replace('\n', "\n    ")
        );
        source = cause.source();
    }
    if let Some(place) = place {
        _ = writeln!(out, "{place}");
    }
    if let Some(help) = help {
        _ = writeln!(out, "  {}: {help}", paint("36", "help"));
    }
    out
}
