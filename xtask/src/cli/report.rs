//! Writes an error as a person reads it: what failed, each cause on a line of its own, and what to do.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use lapstrake::Site;

use super::PrintError;
use super::execute_error::ExecuteError;
use super::push_error::PushError;
use super::selection::SelectionError;
use crate::check::UnknownCheck;
use crate::deliver::DeliverError;
use crate::finding::underline;
use crate::session::Failure;
use crate::support::explain::{Exit, Explain};
use crate::support::progress::Colour;

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error(transparent)]
    Check(#[from] UnknownCheck),
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    #[error(transparent)]
    Push(#[from] PushError),
    #[error(transparent)]
    Destination(#[from] DeliverError),
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error(transparent)]
    Failure(Box<Failure>),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl Failed {
    fn kind(&self) -> &dyn Explain {
        match self {
            Self::Selection(error) => error,
            Self::Check(error) => error,
            Self::Execute(error) => error,
            Self::Push(error) => error,
            Self::Destination(error) => error,
            Self::Print(error) => error,
            Self::Failure(error) => &**error,
        }
    }

    /// Returns the line of the description that failed, underlined, if it is known.
    fn line(&self, colour: bool) -> Option<String> {
        match self {
            Self::Failure(error) => underline(error.site()?, error.root()?, colour),
            Self::Selection(_)
            | Self::Check(_)
            | Self::Execute(_)
            | Self::Push(_)
            | Self::Destination(_)
            | Self::Print(_) => None,
        }
    }
}

impl Explain for Failed {
    fn help(&self) -> Option<String> {
        self.kind().help()
    }

    fn site(&self) -> Option<Site> {
        self.kind().site()
    }

    fn exit(&self) -> Exit {
        self.kind().exit()
    }
}

/// Writes to stderr. Where that can't be written, the exit code has to say it.
pub(super) fn to_stderr(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}

/// Writes an error to stderr.
pub(super) fn report(failed: &Failed, colour: Colour) {
    let colour = colour.on_stderr();
    let line = failed.line(colour);
    to_stderr(&draw(failed, line.as_deref(), failed.help().as_deref(), colour));
}

fn draw(error: &dyn Error, line: Option<&str>, help: Option<&str>, colour: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colour { format!("\x1b[1m\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let mut out = format!("{}: {error}\n", paint("31", "error"));
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string().trim_end().replace('\n', "\n    ");
        _ = writeln!(out, "  {}: {text}", paint("34", "caused by"));
        source = cause.source();
    }
    if let Some(line) = line {
        _ = writeln!(out, "{line}");
    }
    if let Some(help) = help {
        _ = writeln!(out, "  {}: {help}", paint("36", "help"));
    }
    out
}
