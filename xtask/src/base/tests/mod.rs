//! What a base must be, and what is refused.

pub(crate) mod fixture;
mod foreign;
mod hostile;
mod merging;
mod opening;
mod random;
mod stand_in;
