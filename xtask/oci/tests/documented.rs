//! Checks the public names of this crate as those of the description are checked.

#[path = "../../../runtime/tests/documented.rs"]
mod documented;
