//! The command line as its user meets it: a workspace of their own, the binary of their xtask, what it
//! prints where, and what is on the disk afterwards. Nothing here sees the crate's inside.

mod findings;
mod fixture;
mod result;
