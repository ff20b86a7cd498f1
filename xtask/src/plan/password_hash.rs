//! The hash of a password: what is taken as one, and one whose bytes a plan does not have, because plans are printed.

use lapstrake::Site;
use serde::Serialize;

use super::PlannedSecret;

/// The methods of crypt(5) that a password's hash in an image may have. Others are guessed in seconds.
const METHODS: [&str; 7] = ["y", "gy", "7", "2b", "2y", "6", "5"];
/// The bytes of a hash, at least.
const HASH_MIN: usize = 20;

/// The file of a layer whose content is a hash that only the machine that builds has.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SecretHash {
    pub(crate) secret: PlannedSecret,
    /// The place of the user in the description.
    #[serde(skip)]
    pub(crate) site: Site,
}

/// Why a text is not taken as the hash of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAHash {
    /// It is something else: perhaps the password.
    Format,
    /// It ends with an end of line.
    EndOfLine,
    /// It is the hash of a weak method.
    Weak,
}

impl NotAHash {
    /// Returns what is said of the text, without anything of it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Format => "is not a hash as crypt(5) has it",
            Self::EndOfLine => "ends with an end of line, with which the account would have no password",
            Self::Weak => {
                "has the hash of a method that is guessed in seconds, and whoever pulls the image can read it"
            }
        }
    }
}

/// Returns why a text is not taken as the hash of a password; none if it is.
pub(crate) fn refused_hash(text: &str) -> Option<NotAHash> {
    let Some((method, rest)) = text.strip_prefix('$').and_then(|rest| rest.split_once('$')) else {
        return Some(NotAHash::Format);
    };
    if text.ends_with('\n') {
        return Some(NotAHash::EndOfLine);
    }
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"./$=,".contains(&byte);
    if text.len() < HASH_MIN || !rest.bytes().all(inside) {
        return Some(NotAHash::Format);
    }
    (!METHODS.contains(&method)).then_some(NotAHash::Weak)
}
