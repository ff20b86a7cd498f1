//! What goes to the journal: stderr, which systemd connects to it, a line an event.

use std::error::Error;

/// Writes one line.
pub fn line(text: &str) {
    eprintln!("sensord: {}", text.trim_end());
}

/// Writes an error, with its causes.
pub fn error(error: &dyn Error) {
    line(&chain(error));
}

/// An error and the chain of its causes, as one text.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
