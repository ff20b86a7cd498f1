//! Why the words after `--execute` are not a command.

use crate::support::explain::{Exit, Explain};

/// The words after `--execute` are not a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecuteError {
    #[error("`{word}` is one word, and no shell splits it")]
    OneWord { word: String },
    #[error("the command has an empty name")]
    Empty,
}

impl Explain for ExecuteError {
    fn help(&self) -> Option<String> {
        Some(match self {
            Self::OneWord { word } => {
                let words: Vec<_> = word.split_whitespace().collect();
                format!("write `--execute {}`", words.join(" "))
            }
            Self::Empty => "write `--execute systemctl is-active NAME.service`".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
