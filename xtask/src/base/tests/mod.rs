//! What a base must be, and what is refused.

mod bombs;
pub(crate) mod fixture;
mod foreign;
mod hostile;
mod merging;
mod opening;
mod random;
mod stand_in;
