//! `cargo xtask mutate` breaks things on purpose. What nobody notices is a hole in the tests or in the tool, and fails
//! the task.

mod caches;
mod writer;

pub(crate) use caches::caches;
pub(crate) use writer::writer;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
