//! A value as a builder call was given it: parsed, or the reason why it does not parse. It lets a builder
//! call take a bad value without panicking; what happens to a bad value is decided elsewhere.

use std::fmt;

use crate::Site;
use crate::value::{Invalid, Text, Texts};

/// A value that a builder call was given, and the place of the call.
///
/// It prints as the text that was written, and compares with one. Two are equal when their values are: a
/// site says where a value was written, not what it is.
///
/// ```
/// use lapstrake::Parsed;
/// use lapstrake::value::Mode;
///
/// let right: Parsed<Mode> = Parsed::new(0o640);
/// let wrong: Parsed<Mode> = Parsed::new(755);
/// assert_eq!(right, Parsed::new("0640"));
/// assert_eq!(right, "0640");
/// assert_eq!(wrong.get().unwrap_err().help(), Some("write `0o755`"));
/// assert_eq!(wrong.site().line(), right.site().line() + 1);
/// ```
#[derive(Debug, Clone)]
pub struct Parsed<T> {
    value: Result<T, Invalid>,
    site: Site,
}

impl<T> Parsed<T> {
    /// Parses `value` and keeps the outcome, right or wrong; the site is the caller's.
    ///
    /// ```
    /// # use lapstrake::{Parsed, value::ImagePath};
    /// let path: Parsed<ImagePath> = Parsed::new("etc/motd");
    /// assert!(path.get().is_err());
    /// ```
    #[track_caller]
    pub fn new(value: impl Text<T>) -> Self {
        Self { value: value.parse_text(), site: Site::caller() }
    }

    /// Keeps a value that was parsed from other parts of the same call.
    #[track_caller]
    pub(crate) fn of(value: Result<T, Invalid>) -> Self {
        Self { value, site: Site::caller() }
    }

    /// Keeps a value that was parsed elsewhere.
    pub(crate) fn at(value: Result<T, Invalid>, site: Site) -> Self {
        Self { value, site }
    }

    /// Parses each value; the site of all is the caller's.
    #[track_caller]
    pub(crate) fn all(values: impl Texts<T>) -> Vec<Self> {
        let site = Site::caller();
        values.parse_texts().into_iter().map(|value| Self { value, site }).collect()
    }

    /// Keeps values that were parsed from other parts of the same call; the site of all is the caller's.
    #[track_caller]
    pub(crate) fn all_of(values: impl IntoIterator<Item = Result<T, Invalid>>) -> Vec<Self> {
        let site = Site::caller();
        values.into_iter().map(|value| Self { value, site }).collect()
    }

    /// Converts the value; an invalid one stays as it is, and the site stays.
    ///
    /// ```
    /// # use lapstrake::{Parsed, value::Mode};
    /// let mode: Parsed<Mode> = Parsed::new("rwx");
    /// let (site, bits) = (mode.site(), mode.map(Mode::bits));
    /// assert_eq!(bits.get().unwrap_err().input(), "rwx");
    /// assert_eq!(bits.site(), site);
    /// ```
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Parsed<U> {
        Parsed { value: self.value.map(to), site: self.site }
    }

    /// Returns the value.
    ///
    /// ```
    /// # use lapstrake::{Parsed, value::Mode};
    /// let mode: Parsed<Mode> = Parsed::new("0640");
    /// assert_eq!(mode.get().map(|mode| mode.bits()), Ok(0o640));
    /// ```
    ///
    /// # Errors
    /// The [`Invalid`] that parsing gave.
    pub fn get(&self) -> Result<&T, &Invalid> {
        self.value.as_ref()
    }

    /// Returns the place of the builder call.
    ///
    /// ```
    /// # use lapstrake::{Parsed, Layer};
    /// let layer = Layer::new("my app");
    /// assert_eq!(layer.name.site(), layer.site);
    /// ```
    pub fn site(&self) -> Site {
        self.site
    }
}

impl<T: PartialEq> PartialEq for Parsed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: fmt::Display> PartialEq<str> for Parsed<T> {
    fn eq(&self, text: &str) -> bool {
        match &self.value {
            Ok(value) => value.to_string() == text,
            Err(error) => error.input() == text,
        }
    }
}

impl<T: fmt::Display> PartialEq<&str> for Parsed<T> {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl<T: fmt::Display> fmt::Display for Parsed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Ok(value) => value.fmt(f),
            Err(error) => f.write_str(error.input()),
        }
    }
}
