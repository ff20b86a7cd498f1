//! Who owns a file in the image. Names are resolved by the plan, against the base's passwd and group
//! files; this type only says which name or number was meant.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "owner";

/// A user and a group, each by name or by number: `root:root`, `0:998`, `sensord:sensord`.
///
/// A name alone takes the group of the same name. Default of every entry: `0:0`.
///
/// ```
/// use lapstrake::value::{Owner, Principal};
///
/// let owner = Owner::parse("0:998").unwrap();
/// assert_eq!(owner.user(), &Principal::Id(0));
/// assert_eq!(owner.group(), &Principal::Id(998));
/// assert_eq!(Owner::parse("sensord").unwrap().to_string(), "sensord:sensord");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    user: Principal,
    group: Principal,
}

/// A user or a group, by number or by name.
///
/// ```
/// use lapstrake::value::{Owner, Principal};
///
/// let owner = Owner::parse("sensord:0").unwrap();
/// assert_eq!(owner.user(), &Principal::Name("sensord".to_owned()));
/// assert_eq!(owner.group(), &Principal::Id(0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A uid or gid, 0 to 2^32 - 2: chown(2) takes 2^32 - 1 for "leave as it is".
    Id(u32),
    /// A name, to be looked up in the base's passwd or group file.
    Name(String),
}

impl Owner {
    /// `0:0`, by number: the owner of every entry that says none.
    ///
    /// ```
    /// # use lapstrake::value::Owner;
    /// assert_eq!(Owner::ROOT, Owner::try_from((0, 0)).unwrap());
    /// ```
    pub const ROOT: Self = Self { user: Principal::Id(0), group: Principal::Id(0) };

    /// Parses `user:group` or `user`.
    ///
    /// ```
    /// # use lapstrake::value::Owner;
    /// assert_eq!(Owner::parse("root:").unwrap_err().help(), Some("write it as `root:root` or `0:0`"));
    /// ```
    ///
    /// # Errors
    /// When a part is empty, no number below 2^32 - 1, or no name (systemd's "User/Group Name Syntax",
    /// strict: `[a-zA-Z_][a-zA-Z0-9_-]*`, at most 31 characters).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (user, group) = text.split_once(':').unwrap_or((text, text));
        let group_at = text.len() - group.len();
        Ok(Self { user: principal(text, 0, user)?, group: principal(text, group_at, group)? })
    }

    /// The user, before the `:`.
    pub fn user(&self) -> &Principal {
        &self.user
    }

    /// The group, after the `:`; the user's name or number where there is none.
    pub fn group(&self) -> &Principal {
        &self.group
    }
}

fn principal(text: &str, at: usize, part: &str) -> Result<Principal, Invalid> {
    let range = at..at + part.len();
    let fail =
        |reason: String| Err(Invalid::new(WHAT, text, range, reason).or("write it as `root:root` or `0:0`"));
    if part.is_empty() {
        return fail("lacks a user or a group".to_owned());
    }
    if part.bytes().all(|b| b.is_ascii_digit()) {
        return match part.parse() {
            // chown(2) takes 2^32 - 1 for "leave as it is".
            Ok(id) if id != u32::MAX => Ok(Principal::Id(id)),
            _ => fail(format!("has `{part}`, which is not a uid or gid")),
        };
    }
    let first = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    let rest = |b: u8| first(b) || b.is_ascii_digit() || b == b'-';
    if part.len() <= 31 && part.bytes().enumerate().all(|(i, b)| if i == 0 { first(b) } else { rest(b) }) {
        return Ok(Principal::Name(part.to_owned()));
    }
    fail(format!("has `{}`, which is not a user or group name", part.escape_debug()))
}

impl TryFrom<(u32, u32)> for Owner {
    type Error = Invalid;
    fn try_from((user, group): (u32, u32)) -> Result<Self, Invalid> {
        Self::parse(&format!("{user}:{group}"))
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.user, self.group)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

text_newtype!(Owner);
