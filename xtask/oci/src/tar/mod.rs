//! The tar of a layer: members are read with bounded memory and written in the profile on which the
//! importers of ostree and composefs agree.

mod header;
mod layer;
mod member;
mod name;

pub use self::header::{end, pad, write_hardlink, write_header};
pub use self::layer::{LayerError, MEMBERS_MAX, read_layer};
pub use self::member::{Member, MemberError, Members, shown};
