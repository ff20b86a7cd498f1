//! A value as the user gave it, right or wrong. It exists so that a builder call can take a bad value
//! without panicking; it must not decide what happens to one.

use crate::Site;
use crate::value::Invalid;

/// A value that a builder call was given: parsed, or the reason why it does not parse, and where.
///
/// Two are equal when their values are: a site says where a thing was written, not what it is.
#[derive(Debug, Clone)]
pub struct Given<T> {
    value: Result<T, Invalid>,
    site: Site,
}

impl<T> Given<T> {
    /// Parses `value`; the site is the caller's.
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

    /// The same, of another type.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Given<U> {
        Given { value: self.value.map(to), site: self.site }
    }

    /// The value, or why it is none.
    ///
    /// # Errors
    /// The [`Invalid`] that parsing gave.
    pub fn get(&self) -> Result<&T, &Invalid> {
        self.value.as_ref()
    }

    /// Where it was given.
    pub fn site(&self) -> Site {
        self.site
    }
}

impl<T: PartialEq> PartialEq for Given<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
