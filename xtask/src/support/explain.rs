//! What a command reports about an error beside its message and its causes.

use std::error::Error;
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
