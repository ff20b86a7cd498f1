//! systemd's own rules for the files that a description brings: how a unit file is read, and what its
//! `[Install]` section asks for. Pure text in, values out.

mod command;
mod environment;
mod install;
mod syntax;

pub use crate::value::time_span::is_time_span;
pub use crate::words::words;
pub use command::Command;
pub use environment::EnvironmentFault;
pub use install::{Install, Link, LinkKind};
pub use syntax::{Assignment, Ignored, Section, UnitFile, Unread};
