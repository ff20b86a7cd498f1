//! The tar of a layer. [`TarReader`] reads the members of a tar that anybody may have written, with bounded
//! memory; [`read_layer`] reads them as the [`Changes`](crate::tree::Changes) of a layer; [`TarWriter`] writes the
//! profile on which the importers of ostree and composefs agree.

mod error;
mod extension;
mod layer;
mod layer_error;
mod member;
mod name;
mod reader;
mod writer;

pub use self::error::MemberError;
pub use self::layer::read_layer;
pub use self::layer_error::LayerError;
pub use self::member::{Member, MemberKind, escape_name};
pub use self::reader::TarReader;
pub use self::writer::TarWriter;
