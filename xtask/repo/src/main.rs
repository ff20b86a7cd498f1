//! repo.
fn main() {}
