//! The public names of this crate are held to what the description's are.

#[path = "../../runtime/tests/documented.rs"]
mod documented;
