//! Where in the user's Rust a thing was said. A site is for findings only: it never enters digested
//! bytes, so two sources that differ in layout alone build the same image.

use std::fmt;
use std::panic::Location;

use serde::Serialize;

/// The `file:line:column` of a builder call, as rustc names it: relative to the workspace that was
/// compiled, lines and columns counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(&'static Location<'static>);

impl Site {
    /// The caller's own place in the source.
    ///
    /// ```
    /// # use lapstrake::Site;
    /// assert!(Site::caller().line() > 0);
    /// ```
    #[track_caller]
    pub fn caller() -> Self {
        Self(Location::caller())
    }

    /// The source file, as the compiler was given it.
    pub fn file(self) -> &'static str {
        self.0.file()
    }

    /// The line, from 1.
    pub fn line(self) -> u32 {
        self.0.line()
    }

    /// The column, from 1, in characters.
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
