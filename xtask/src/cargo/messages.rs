//! The messages that cargo writes for programs, one JSON object a line (`--message-format=json`).
//!
//! `cargo_metadata` has a type for each, and its types for what rustc reports are most of their code. Two messages are
//! read here, and their fields by name.

use std::io::{self, BufRead, BufReader, Read};

use serde_json::Value;

/// Calls `take` with each message that has that reason. Lines that are not messages are ignored, because the programs
/// that cargo runs write to the same output.
pub(super) fn each(stdout: &mut dyn Read, reason: &str, take: &mut dyn FnMut(&Value)) -> io::Result<()> {
    for line in BufReader::new(stdout).lines() {
        let message: Option<Value> = serde_json::from_str(&line?).ok();
        if let Some(message) = message.filter(|message| message["reason"] == reason) {
            take(&message);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn only_messages_with_the_reason_are_taken() {
        let output = "a line of a program\n\n[]\n{}\n{\"reason\":\"build-finished\",\"success\":true}\n\
                      {\"reason\":\"compiler-artifact\",\"executable\":\"/t/a\"}\nlast {\"reason\":\"compiler-artifact\"}";
        let mut taken = Vec::new();
        let mut take = |message: &serde_json::Value| taken.push(message["executable"].clone());
        each(&mut output.as_bytes(), "compiler-artifact", &mut take).unwrap();
        assert_eq!(taken, ["/t/a"]);
    }
}
