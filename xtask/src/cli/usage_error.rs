//! A command line that clap can't parse, as the other errors of commands are.

use crate::support::explain::{Exit, Explain};

/// The command line is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    help: Option<String>,
}

impl UsageError {
    /// Takes the message and the tips out of what clap prints.
    pub(super) fn of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|end| text.find(end)).min();
        let text = text[..end.unwrap_or(text.len())].trim();
        let (message, tips) = text.split_once("\n\n").unwrap_or((text, ""));
        let tips: Vec<_> = tips.lines().map(|tip| tip.trim().trim_start_matches("tip: ")).collect();
        let message = message.strip_prefix("error: ").unwrap_or(message).to_owned();
        Self { message, help: (!tips.is_empty()).then(|| tips.join("\n")) }
    }
}

impl Explain for UsageError {
    fn help(&self) -> Option<String> {
        self.help.clone()
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Whether the words of a command line that can't be parsed have that option with that value.
pub(super) fn asks(words: &[String], option: &str, value: &str) -> bool {
    let words = words.split(|word| word == "--execute" || word == "--").next().unwrap_or_default();
    let joined = format!("{option}={value}");
    words.contains(&joined) || words.windows(2).any(|pair| pair[0] == option && pair[1] == value)
}
