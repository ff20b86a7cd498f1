//! The conversions that each kind of entry has: to and from [`EntryKind`], by value and by reference.

use super::{
    Bin, CaCertificate, Conf, Copied, Dir, DropIn, Edit, Embedded, EntryKind, EntryType, EnvironmentFile,
    File, Group, HealthCheck, Kargs, Kmod, Motd, Packages, Quadlet, Remove, Run, Selinux, Symlink, Sysusers,
    Tmpfiles, Tree, Unit, UnitState, User, Zone,
};
use crate::faults::{Fault, Faults};

macro_rules! entry_kinds {
    ($($kind:ident),*) => {
        /// The kinds of entries by reference, without `#[non_exhaustive]`: the compiler finds each match of
        /// `lapstrake-xtask` that a new kind is missing in.
        ///
        /// ```
        /// use lapstrake::entry::{EntryKind, EntryRef, Remove};
        /// let kind = EntryKind::from(Remove::new("/etc/motd"));
        /// assert!(matches!(EntryRef::of(&kind), EntryRef::Remove(_)));
        /// ```
        #[doc(hidden)]
        #[derive(Debug, Clone, Copy)]
        pub enum EntryRef<'a> {
            $($kind(&'a $kind),)*
        }

        impl<'a> EntryRef<'a> {
            /// Returns the entry by its kind.
            ///
            /// ```
            /// use lapstrake::entry::{Bin, EntryKind, EntryRef};
            /// let kind = EntryKind::from(Bin::new("sensord"));
            /// assert!(matches!(EntryRef::of(&kind), EntryRef::Bin(bin) if bin.name == "sensord"));
            /// ```
            pub fn of(kind: &'a EntryKind) -> Self {
                match kind {
                    $(EntryKind::$kind(entry) => Self::$kind(entry),)*
                }
            }
        }

        impl Faults for EntryKind {
            fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
                match self {
                    $(Self::$kind(entry) => entry.faults(found),)*
                }
            }
        }

        $(
            impl From<$kind> for EntryKind {
                fn from(entry: $kind) -> Self {
                    Self::$kind(entry)
                }
            }

            impl EntryType for $kind {
                fn of(kind: &EntryKind) -> Option<&Self> {
                    match kind {
                        EntryKind::$kind(entry) => Some(entry),
                        _ => None,
                    }
                }
            }
        )*
    };
}
entry_kinds!(
    Bin,
    CaCertificate,
    Conf,
    Copied,
    Dir,
    DropIn,
    Edit,
    Embedded,
    EnvironmentFile,
    File,
    Group,
    HealthCheck,
    Kargs,
    Kmod,
    Motd,
    Packages,
    Quadlet,
    Remove,
    Run,
    Selinux,
    Symlink,
    Sysusers,
    Tmpfiles,
    Tree,
    Unit,
    UnitState,
    User,
    Zone
);
