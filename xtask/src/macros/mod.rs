//! The exported macros: thin wrappers that add the caller's place to what `lapstrake-macros` expands to.

mod image;
mod literals;

#[doc(hidden)]
pub use literals::__private;
