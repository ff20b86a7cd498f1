//! The kinds of values that directives have, as `table.txt` names them.

use super::version::of_version;

/// What a directive takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// What is not judged.
    Any,
    /// A text with specifiers.
    Text,
    Boolean,
    /// A boolean without which systemd does not load the unit.
    StrictBoolean,
    /// An absolute path after the signs of a condition.
    ConditionPath,
    /// One of some words, each with the version that added it.
    OneOf(Vec<(&'static str, u32)>),
    /// The same, or a boolean.
    BooleanOr(Vec<(&'static str, u32)>),
    Urls,
    /// Names of units, of that kind if a suffix is given.
    Units(Option<&'static str>),
    /// A name of a unit, of that kind if a suffix is given.
    Unit(Option<&'static str>),
    Path,
    /// A path without which systemd does not load the unit.
    RootPath,
    WorkingDirectory,
    /// Paths after `-` and `+`.
    Paths,
    MountPaths,
    EnvironmentFile,
    Environment,
    Command,
    /// Names of directories below one of systemd's.
    Directories,
    Account,
    Accounts,
    Time,
    Calendar,
    Unsigned,
    Integer,
    Size,
    /// A size, a part of the memory, or `infinity`.
    Memory,
    Tasks,
    Percent,
    Weight,
    /// A weight, or `idle`.
    WeightOrIdle,
    Mode,
    Signal,
    Nice,
    OomScore,
    IoPriority,
    /// A soft and a hard limit.
    Limits,
    /// The same, as sizes.
    ByteLimits,
    Capabilities,
    SystemCalls,
    Families,
    Input,
    Output,
    Level,
    Facility,
}

impl Kind {
    /// Returns the kind that the table names.
    pub(super) fn of(name: &'static str) -> Option<Self> {
        let words = |list: &'static str| list.split_whitespace().map(of_version).collect();
        if let Some(list) = name.strip_prefix("one-of ") {
            return Some(Self::OneOf(words(list)));
        }
        if let Some(list) = name.strip_prefix("boolean-or ") {
            return Some(Self::BooleanOr(words(list)));
        }
        Some(match name {
            "any" => Self::Any,
            "text" => Self::Text,
            "boolean" => Self::Boolean,
            "strict-boolean" => Self::StrictBoolean,
            "condition-path" => Self::ConditionPath,
            "urls" => Self::Urls,
            "units" => Self::Units(None),
            "sockets" => Self::Units(Some(".socket")),
            "triggered" => Self::Unit(None),
            "service" => Self::Unit(Some(".service")),
            "slice" => Self::Unit(Some(".slice")),
            "path" => Self::Path,
            "root-path" => Self::RootPath,
            "working-directory" => Self::WorkingDirectory,
            "paths" => Self::Paths,
            "mount-paths" => Self::MountPaths,
            "environment-file" => Self::EnvironmentFile,
            "environment" => Self::Environment,
            "command" => Self::Command,
            "directories" => Self::Directories,
            "account" => Self::Account,
            "accounts" => Self::Accounts,
            "time" => Self::Time,
            "calendar" => Self::Calendar,
            "unsigned" => Self::Unsigned,
            "integer" => Self::Integer,
            "size" => Self::Size,
            "memory" => Self::Memory,
            "tasks" => Self::Tasks,
            "percent" => Self::Percent,
            "weight" => Self::Weight,
            "weight-or-idle" => Self::WeightOrIdle,
            "mode" => Self::Mode,
            "signal" => Self::Signal,
            "nice" => Self::Nice,
            "oom-score" => Self::OomScore,
            "io-priority" => Self::IoPriority,
            "limits" => Self::Limits,
            "byte-limits" => Self::ByteLimits,
            "capabilities" => Self::Capabilities,
            "system-calls" => Self::SystemCalls,
            "families" => Self::Families,
            "input" => Self::Input,
            "output" => Self::Output,
            "level" => Self::Level,
            "facility" => Self::Facility,
            _ => return None,
        })
    }
}
