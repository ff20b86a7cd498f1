//! What the booted system is asked: words of the user's, which no shell ever sees.

use super::BootError;
use crate::check::Tree;

/// Where systemd looks for a program that is named without a path (systemd.service(5)).
const SEARCHED: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// Directories that an image ships whole; what is missing there will not be made while it runs.
const SHIPPED: [&str; 5] = ["/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/"];

/// A command for the booted system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Which units have failed.
    FailedUnits,
    Words {
        program: String,
        arguments: Vec<String>,
        /// The image has that program.
        known: bool,
    },
}

impl Command {
    /// The program, as it was named.
    pub(super) fn program(&self) -> &str {
        match self {
            Self::FailedUnits => "/usr/bin/systemctl",
            Self::Words { program, .. } => program,
        }
    }

    pub(super) fn arguments(&self) -> Vec<&str> {
        match self {
            Self::FailedUnits => vec!["list-units", "--failed", "--no-legend", "--plain"],
            Self::Words { arguments, .. } => arguments.iter().map(String::as_str).collect(),
        }
    }

    /// Whether 203, which is also systemd's word for it, can mean that the program does not exist.
    pub(super) fn may_be_missing(&self) -> bool {
        matches!(self, Self::Words { known: false, .. })
    }

    /// The command with the program's whole path, as the image has it. An error, where the image has it
    /// not and nothing will put it there.
    pub(crate) fn found_in(self, tree: &Tree<'_>) -> Result<Self, BootError> {
        let Self::Words { program, arguments, .. } = self else { return Ok(self) };
        let has = |path: &String| tree.follow(path).is_some();
        let found = if program.contains('/') {
            let known = has(&program);
            let ships = SHIPPED.iter().any(|directory| program.starts_with(directory));
            (program.starts_with('/') && (known || !ships)).then_some((program.clone(), known))
        } else {
            let paths = SEARCHED.into_iter().map(|directory| format!("{directory}/{program}"));
            paths.into_iter().find(has).map(|path| (path, true))
        };
        match found {
            Some((program, known)) => Ok(Self::Words { program, arguments, known }),
            None => Err(BootError::NoProgram { program }),
        }
    }

    /// The words for a person to read; what a line can't show, or would show as two words, in quotes.
    pub(crate) fn shown(&self) -> String {
        let plain =
            |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
        let words = [self.program()].into_iter().chain(self.arguments());
        let words = words.map(|word| if plain(word) { word.to_owned() } else { format!("{word:?}") });
        words.collect::<Vec<_>>().join(" ")
    }
}
