//! All that a description needs, in one import.
//!
//! ```
//! use lapstrake_xtask::prelude::*;
//!
//! let image: Image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
//! ```

pub use std::process::ExitCode;

pub use lapstrake::entry::{
    Bin, CaCertificate, Conf, Copied, Dir, DropIn, Edit, Embedded, EntryKind, EnvironmentFile, File, Group,
    HealthCheck, Initramfs, Kargs, Kernel, Kmod, Motd, Packages, Qm, Quadlet, Remove, Repository, Run,
    Secret, Selinux, Symlink, Sysusers, Tmpfiles, Tree, Unit, UnitState, User, Zone,
};
pub use lapstrake::value::Asset;
pub use lapstrake::{Base, BuildStage, Image, Layer};

pub use crate::Xtask;
pub use crate::{
    asset, capabilities, image, karg, layer_name, mode, path, reference, sysusers_line, tmpfiles_line, unit,
};
