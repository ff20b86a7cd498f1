//! What a base must be, and what is refused.

mod fixture;
mod hostile;
mod merging;
mod opening;
mod random;
mod stand_in;
