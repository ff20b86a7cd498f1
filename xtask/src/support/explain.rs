//! What a command reports about an error beside its message and its causes.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use lapstrake::Site;

/// An error that can end a command: its message, its causes, and what a user needs to know beyond them.
pub(crate) trait Explain: Error {
    /// Returns what to do about the error: one line that can be pasted.
    ///
    /// An implementation lists every variant, so that a new one is not left without help by accident.
    fn help(&self) -> Option<String>;

    /// Returns the line of the description that the error is about.
    fn site(&self) -> Option<Site> {
        None
    }

    /// Returns how the command ends.
    fn exit(&self) -> Exit {
        Exit::Failure
    }
}

/// An error with the line of the description that it is about. Its message and causes are those of the error.
#[derive(Debug)]
pub(crate) struct Located<E> {
    pub(crate) error: E,
    pub(crate) site: Option<Site>,
}

impl<E: fmt::Display> fmt::Display for Located<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: Error> Error for Located<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl<E: Explain> Explain for Located<E> {
    fn help(&self) -> Option<String> {
        self.error.help()
    }

    fn site(&self) -> Option<Site> {
        self.site
    }

    fn exit(&self) -> Exit {
        self.error.exit()
    }
}

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The command did what it was asked.
    Done,
    /// A finding is fatal. It has been shown.
    Findings,
    /// The command line is wrong.
    Usage,
    /// Something outside of the description failed.
    Failure,
    /// `boot` ran a command in the image, which ended with this code.
    OfCommand(u8),
}

impl Exit {
    /// Returns the exit code of the process.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Failure => 3,
            Self::OfCommand(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
