//! What a description may not say, though each of its words is right: rules that need neither a base nor
//! a file, so that `image!` asks them inside rustc and the plan asks them again of what was computed.
//!
//! Nothing here reports: a rule answers with what is wrong and what to do instead.

mod conflict;
mod destination;

pub use conflict::{Claim, Conflict, Kind, What, between, conflicts};
pub use destination::{Refusal, refused};
