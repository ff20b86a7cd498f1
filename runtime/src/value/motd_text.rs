//! The text of a message that a login shows.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "message of the day";
/// `pam_motd` shows no longer file.
const MOST: usize = 0x1_0000;

/// A message of the day: not empty, at most 64 KiB, and without a NUL. It ends in a newline.
///
/// ```
/// use lapstrake::value::MotdText;
///
/// assert_eq!(MotdText::parse("Fleet gateway").unwrap().as_str(), "Fleet gateway\n");
/// assert!(MotdText::parse(" \n").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MotdText(String);

impl MotdText {
    /// Parses a message.
    ///
    /// # Errors
    /// When it is blank, longer than `pam_motd` shows, or has a NUL.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() {
            let error = Invalid::whole(WHAT, text, "is empty");
            return Err(error.or("leave it out, or `.remove(\"/etc/motd\")` if the base has one"));
        }
        if let Some(at) = text.find('\0') {
            return Err(Invalid::new(WHAT, text, at..at + 1, "has a NUL"));
        }
        let text = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
        if text.len() > MOST {
            let start: String = text.chars().take(20).collect();
            return Err(Invalid::whole(
                WHAT,
                &start,
                "has more than 64 KiB, and `pam_motd` shows no such file",
            ));
        }
        Ok(Self(text))
    }

    /// Returns the message.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its lines.
    ///
    /// ```
    /// # use lapstrake::value::MotdText;
    /// assert_eq!(MotdText::parse("a\nb").unwrap().lines().count(), 2);
    /// ```
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

impl fmt::Display for MotdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(MotdText);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_pam_motd_shows() {
        let whole = "x".repeat(MOST - 1);
        assert_eq!(MotdText::parse(&whole).map(|text| text.0.len()), Ok(MOST));
        for text in ["", "\n", "a\0b", &"x".repeat(MOST)] {
            assert!(MotdText::parse(text).is_err());
        }
        assert_eq!(
            MotdText::parse("\u{1b}[1mFleet\u{1b}[0m\n").unwrap().as_str(),
            "\u{1b}[1mFleet\u{1b}[0m\n"
        );
    }
}
