//! The error that ends a command, as a person reads it and as JSON: what failed, each cause, and what to do.

use std::error::Error;
use std::fmt::Write as _;

use lapstrake::Site;
use serde_json::{Map, Value, json};

use super::PrintError;
use super::diff_error::DiffError;
use super::execute_error::ExecuteError;
use super::push_error::PushError;
use super::selection::SelectionError;
use super::sign_error::SignError;
use super::usage_error::UsageError;
use crate::check::UnknownCheck;
use crate::deliver::DeliverError;
use crate::finding::{Look, underline};
use crate::project::fixes::FixError;
use crate::session::Failure;
use crate::support::explain::{Exit, Explain};

/// A command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error(transparent)]
    Check(#[from] UnknownCheck),
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    #[error(transparent)]
    Push(#[from] PushError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error(transparent)]
    Destination(#[from] DeliverError),
    #[error(transparent)]
    Fix(#[from] FixError),
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
            Self::Usage(error) => error,
            Self::Selection(error) => error,
            Self::Check(error) => error,
            Self::Execute(error) => error,
            Self::Push(error) => error,
            Self::Sign(error) => error,
            Self::Diff(error) => error,
            Self::Destination(error) => error,
            Self::Fix(error) => error,
            Self::Print(error) => error,
            Self::Failure(error) => &**error,
        }
    }

    /// Returns the line of the description that failed, underlined, if it is known.
    fn line(&self, look: Look) -> Option<String> {
        match self {
            Self::Failure(error) => underline(error.site()?, error.root()?, look),
            Self::Usage(_)
            | Self::Selection(_)
            | Self::Check(_)
            | Self::Execute(_)
            | Self::Push(_)
            | Self::Sign(_)
            | Self::Diff(_)
            | Self::Destination(_)
            | Self::Fix(_)
            | Self::Print(_) => None,
        }
    }

    fn causes(&self) -> impl Iterator<Item = String> {
        let sources = std::iter::successors(self.source(), |cause: &&dyn Error| (*cause).source());
        sources.map(|cause| cause.to_string().trim_end().to_owned())
    }

    /// Returns the error as a person reads it.
    pub(super) fn draw(&self, look: Look) -> String {
        let paint = |code: &str, text: &str| {
            if look.colour { format!("\x1b[1m\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
        };
        let wrap = |label: &str, text: &str| look.columns.wrap(text, label.len(), 4);
        let mut out = format!("{}: {}\n", paint("31", "error"), wrap("error: ", &self.to_string()));
        for cause in self.causes() {
            let cause = wrap("  caused by: ", &cause.replace('\n', "\n    "));
            _ = writeln!(out, "  {}: {cause}", paint("34", "caused by"));
        }
        if let Some(line) = self.line(look) {
            _ = writeln!(out, "{line}");
        }
        if let Some(help) = self.help() {
            _ = writeln!(out, "  {}: {}", paint("36", "help"), wrap("  help: ", &help));
        }
        out
    }

    /// Returns the error as text for another machine: what failed, each cause, and what to do.
    pub(super) fn to_text(&self) -> String {
        let causes = self.causes().map(|cause| format!("\ncaused by: {cause}"));
        let help = self.help().map(|help| format!("\nhelp: {help}"));
        [self.to_string()].into_iter().chain(causes).chain(help).collect()
    }

    /// Returns the error as the field `error` of a document.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let fields = [
            ("message", json!(self.to_string())),
            ("causes", json!(self.causes().collect::<Vec<_>>())),
            ("help", json!(self.help())),
            ("site", json!(self.site())),
            ("exit_code", json!(self.exit().code())),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
