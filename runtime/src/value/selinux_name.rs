//! The name of a boolean, a type or a module of an SELinux policy.

use std::fmt;

use super::{Invalid, text_newtype};

/// The name of a boolean or a type of an SELinux policy: a letter, then letters, digits, `_` and `.`, at most 255 bytes.
///
/// ```
/// use lapstrake::value::SelinuxName;
///
/// assert_eq!(SelinuxName::parse("httpd_t").unwrap().as_str(), "httpd_t");
/// let error = SelinuxName::parse("httpd-t").unwrap_err();
/// assert_eq!((error.offending(), error.help()), ("-", Some("write `httpd_t`")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelinuxName(String);

const WHAT: &str = "SELinux name";
const MOST: usize = 255;

impl SelinuxName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or longer than 255 bytes, starts with another character than a letter, or has another character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "is empty"));
        }
        if text.len() > MOST {
            return Err(Invalid::whole(WHAT, text, format!("has more than {MOST} bytes")));
        }
        let is_wrong = |(at, c): &(usize, char)| !(c.is_ascii_alphabetic() || *at > 0 && is_of_name(*c));
        if let Some((at, c)) = text.char_indices().find(is_wrong) {
            let reason = if at == 0 {
                format!("starts with `{}`, and a name starts with a letter", c.escape_debug())
            } else {
                format!("has `{}`, and a name has letters, digits, `_` and `.`", c.escape_debug())
            };
            let error = Invalid::new(WHAT, text, at..at + c.len_utf8(), reason);
            let meant: String = text.chars().map(|c| if is_of_name(c) { c } else { '_' }).collect();
            return Err(error.or_write(&meant, Self::parse));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

impl fmt::Display for SelinuxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SelinuxName);
