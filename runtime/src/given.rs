//! A value as the user gave it, right or wrong. It exists so that a builder call can take a bad value
//! without panicking; it must not decide what happens to one.

use crate::Site;
use crate::value::Invalid;

/// A value that a builder call was given: parsed, or the reason why it does not parse, and where.
///
/// Two are equal when their values are: a site says where a thing was written, not what it is.
///
/// ```
/// use lapstrake::Given;
/// use lapstrake::value::Mode;
///
/// let right: Given<Mode> = Given::new(0o640);
/// let wrong: Given<Mode> = Given::new(755);
/// assert_eq!(right, Given::new("0640"));
/// assert_eq!(wrong.get().unwrap_err().help(), Some("write `0o755`"));
/// assert_eq!(wrong.site().line(), right.site().line() + 1);
/// ```
#[derive(Debug, Clone)]
pub struct Given<T> {
    value: Result<T, Invalid>,
    site: Site,
}

impl<T> Given<T> {
    /// Parses `value` and keeps the outcome, right or wrong; the site is the caller's.
    ///
    /// ```
    /// # use lapstrake::{Given, value::ImagePath};
    /// let path: Given<ImagePath> = Given::new("etc/motd");
    /// assert!(path.get().is_err());
    /// ```
    #[track_caller]
    pub fn new(value: impl TryInto<T, Error: Into<Invalid>>) -> Self {
        Self { value: value.try_into().map_err(Into::into), site: Site::caller() }
    }

    /// A value that was parsed from other parts of the same call.
    #[track_caller]
    pub(crate) fn of(value: Result<T, Invalid>) -> Self {
        Self { value, site: Site::caller() }
    }

    /// Parses each value; the site of all is the caller's.
    #[track_caller]
    pub(crate) fn all<V: TryInto<T, Error: Into<Invalid>>>(values: impl IntoIterator<Item = V>) -> Vec<Self> {
        let site = Site::caller();
        values.into_iter().map(|value| Self { value: value.try_into().map_err(Into::into), site }).collect()
    }

    /// The same, of another type: a wrong value stays as wrong, the site stays where it was.
    ///
    /// ```
    /// # use lapstrake::{Given, value::Mode};
    /// let mode: Given<Mode> = Given::new("rwx");
    /// let (site, bits) = (mode.site(), mode.map(Mode::bits));
    /// assert_eq!(bits.get().unwrap_err().input(), "rwx");
    /// assert_eq!(bits.site(), site);
    /// ```
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Given<U> {
        Given { value: self.value.map(to), site: self.site }
    }

    /// The value, or why it is none.
    ///
    /// ```
    /// # use lapstrake::{Given, value::Mode};
    /// let mode: Given<Mode> = Given::new("0640");
    /// assert_eq!(mode.get().map(|mode| mode.bits()), Ok(0o640));
    /// ```
    ///
    /// # Errors
    /// The [`Invalid`] that parsing gave.
    pub fn get(&self) -> Result<&T, &Invalid> {
        self.value.as_ref()
    }

    /// Where it was given: the place of the builder call.
    ///
    /// ```
    /// # use lapstrake::{Given, Layer};
    /// let layer = Layer::new("my app");
    /// assert_eq!(layer.name().site(), layer.site());
    /// ```
    pub fn site(&self) -> Site {
        self.site
    }
}

impl<T: PartialEq> PartialEq for Given<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
