//! The tar of a layer. [`TarReader`] reads the members of a tar that anybody may have written, with bounded
//! memory; [`TarWriter`] writes the profile on which the importers of ostree and composefs agree.
//!
//! This module does not interpret the names of members: whiteouts and hardlinks are the caller's to apply.

mod error;
mod extension;
mod member;
mod reader;
mod writer;

pub use self::error::MemberError;
pub use self::member::{Member, MemberKind, escape_name};
pub use self::reader::TarReader;
pub use self::writer::{Inode, Kind, TarWriter};
