//! Where in the user's Rust a thing was said. A site is for findings only: it never enters digested
//! bytes, so two sources that differ in layout alone build the same image.

use std::fmt;
use std::panic::Location;

use serde::Serialize;

/// The `file:line:column` of a builder call, as rustc names it: relative to the workspace that was
/// compiled, lines and columns counted from 1 ([`std::panic::Location`]).
///
/// ```
/// use lapstrake::{Layer, Site};
///
/// let here: Site = Site::caller();
/// let layer = Layer::new("app");
/// assert_eq!(layer.site.file(), here.file());
/// assert_eq!(layer.site.line(), here.line() + 1);
/// assert_eq!(layer.site.column(), 13);
/// assert!(here.to_string().ends_with(&format!(":{}:{}", here.line(), here.column())));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(&'static Location<'static>);

impl Site {
    /// The place of the call; in a `#[track_caller]` function, the place of the call of that.
    ///
    /// ```
    /// # use lapstrake::Site;
    /// #[track_caller]
    /// fn builder_call() -> Site {
    ///     Site::caller()
    /// }
    /// assert_eq!(builder_call().line(), Site::caller().line());
    /// ```
    #[track_caller]
    pub fn caller() -> Self {
        Self(Location::caller())
    }

    /// The source file, as the compiler was given it: relative to the workspace, or absolute in a
    /// dependency from elsewhere.
    pub fn file(self) -> &'static str {
        self.0.file()
    }

    /// The line, counted from 1.
    pub fn line(self) -> u32 {
        self.0.line()
    }

    /// The column, in characters, counted from 1.
    pub fn column(self) -> u32 {
        self.0.column()
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Site {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
