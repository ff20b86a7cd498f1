//! Permission bits. Not a file type: what an entry is, its own type says.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Invalid;

const WHAT: &str = "mode";

/// Permission bits of a file or directory, `0` to `0o7777` (chmod(2)): setuid, setgid and sticky
/// included, the file type not.
///
/// A number is the bits themselves; one whose decimal digits are a usual mode lacks its `0o` and is
/// refused.
///
/// ```
/// use lapstrake::value::Mode;
///
/// assert_eq!(Mode::try_from(0o755).unwrap(), Mode::parse("0o755").unwrap());
/// assert_eq!(Mode::parse("4755").unwrap().to_string(), "4755");
/// assert_eq!(Mode::try_from(755).unwrap_err().help(), Some("write `0o755`"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mode(u16);

/// Usual modes with a special bit, whose digits read as decimal are a mode nobody writes (2755 is
/// `0o5303`).
const FORGOT_OCTAL: [u32; 7] = [1770, 1775, 1777, 2750, 2755, 2770, 2775];

/// Whether a number is a mode that lacks its `0o`. A decimal from 512 to 777 has the sticky bit and an
/// owner who may at most read (755 is `0o1363`): nobody writes that, and the digits are a mode.
fn forgot_octal(bits: u32) -> bool {
    let octal_digits = || bits.to_string().bytes().all(|digit| digit < b'8');
    FORGOT_OCTAL.contains(&bits) || (512..=777).contains(&bits) && octal_digits()
}

impl Mode {
    /// An ordinary file: `0o644`.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::FILE.to_string(), "0644");
    /// ```
    pub const FILE: Self = Self(0o644);
    /// What Linux reports for every symlink: `0o777` (symlink(7)).
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::SYMLINK.to_string(), "0777");
    /// ```
    pub const SYMLINK: Self = Self(0o777);
    /// A program or a directory: `0o755`.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::PROGRAM.to_string(), "0755");
    /// ```
    pub const PROGRAM: Self = Self(0o755);

    /// Parses octal digits, with or without `0o` or a leading `0`: `755`, `0755`, `0o755`.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::parse("0640"), Mode::parse("0o640"));
    /// assert_eq!(Mode::parse("0o648").unwrap_err().offending(), "8");
    /// ```
    ///
    /// # Errors
    /// When a digit is missing, a digit is not octal, or the number is above `0o7777`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let offset = text.len() - digits.len();
        if let Some(at) = digits.find(|c: char| !('0'..='7').contains(&c)) {
            let wrong = digits[at..].chars().next().map_or(0, char::len_utf8);
            let part = offset + at..offset + at + wrong;
            let reason = format!("has `{}`, which is not an octal digit", text[part.clone()].escape_debug());
            return Err(Invalid::new(WHAT, text, part, reason).or("write it as `0o755`"));
        }
        match u16::from_str_radix(digits, 8) {
            Ok(bits) if bits <= 0o7777 => Ok(Self(bits)),
            _ if digits.is_empty() => {
                Err(Invalid::whole(WHAT, text, "has no digits").or("write it as `0o755`"))
            }
            _ => Err(Invalid::whole(WHAT, text, "is above `0o7777`").or("write it as `0o755`")),
        }
    }

    /// Returns the mode with these bits; none above `0o7777`. Unlike `Mode::try_from`, it takes bits that a
    /// person who forgot `0o` would write: a file that exists may have them.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::from_bits(0o1363), Mode::parse("1363").ok());
    /// assert_eq!(Mode::from_bits(0o10000), None);
    /// ```
    pub fn from_bits(bits: u32) -> Option<Self> {
        u16::try_from(bits).ok().filter(|bits| *bits <= 0o7777).map(Self)
    }

    /// The permission bits, `0` to `0o7777`.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::parse("4755").unwrap().bits(), 0o4755);
    /// ```
    pub fn bits(self) -> u32 {
        u32::from(self.0)
    }
}

impl TryFrom<u32> for Mode {
    type Error = Invalid;

    fn try_from(bits: u32) -> Result<Self, Invalid> {
        if forgot_octal(bits) {
            let reason = format!("is decimal, `0o{bits:o}` in octal");
            return Err(Invalid::whole(WHAT, &bits.to_string(), reason).or_number(&format!("0o{bits}")));
        }
        match u16::try_from(bits) {
            Ok(bits) if bits <= 0o7777 => Ok(Self(bits)),
            // The type of a file, as stat(2) has it beside the permissions.
            _ if bits >> 12 <= 0o17 && Self::parse(&bits.to_string()).is_err() => {
                let given = format!("0o{bits:o}");
                let reason = "has the type of a file beside the permissions";
                Err(Invalid::whole(WHAT, &given, reason).or(format!("write `0o{:o}`", bits & 0o7777)))
            }
            _ => {
                let octal = bits.to_string();
                let meant = Self::parse(&octal).map_or("0o755".to_owned(), |_| format!("0o{octal}"));
                Err(Invalid::whole(WHAT, &octal, "is above `0o7777`").or(format!("write `{meant}`")))
            }
        }
    }
}

impl TryFrom<&str> for Mode {
    type Error = Invalid;
    fn try_from(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Mode {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        mode.to_string()
    }
}

/// Four octal digits, as `stat -c %04a` writes them.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}
