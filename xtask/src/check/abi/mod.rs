//! The ABI gate: whether the loader of the image can start each program that the layers bring.
//!
//! [`loader`] is glibc's loader on the merged tree; it judges nothing. Each check is a question to what
//! it finds. A program of another libc is asked for its loader alone.

mod files;
#[cfg(test)]
mod host;
mod interpreter;
mod ldconfig;
mod loader;
mod machine;
mod needed;
mod program;
mod search;
mod version;

use super::Check;

pub(super) const CHECKS: &[Check] =
    &[machine::CHECK, interpreter::CHECK, needed::CHECK, version::CHECK, ldconfig::CHECK];
