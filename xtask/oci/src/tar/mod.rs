//! The tar of a layer: members are read with bounded memory and written in the profile on which the
//! importers of ostree and composefs agree. What a member means in a layer is not known here.

mod header;
mod member;

pub use self::header::{Inode, Kind, end, pad, write_header};
pub use self::member::{Member, MemberError, Members, shown};
