//! xtask.
mod literals;

#[doc(hidden)]
pub use literals::__private;
