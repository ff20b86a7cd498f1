//! What a release must not do: kinds of differences that fail a comparison, and the most bytes of a download.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use indicatif::HumanBytes;

use super::change::{Change, How};
use super::packages::is_downgrade;
use super::{Difference, Part, PartDifference};

/// How many names a message has.
const SHOWN: usize = 5;

/// A kind of difference that fails a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limit {
    /// A package is removed
    PackagesRemoved,
    /// A package gets a lower version
    Downgrade,
    /// A unit is added, removed or changed, or started otherwise
    UnitsChanged,
    /// A user or group is added, removed or gets another number
    UsersChanged,
    /// A file gains setuid, setgid or capabilities
    SetuidAdded,
    /// A kernel or its arguments change
    KernelChanged,
    /// The config, a label or an annotation changes
    ConfigChanged,
}

/// A number of bytes as a person writes it: `5MB`, `4.5 MiB`, `900000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(u64);

/// A limit that the new image does not keep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const UNITS: [(&str, u64); 10] = [
            ("", 1),
            ("b", 1),
            ("kb", 1000),
            ("mb", 1_000_000),
            ("gb", 1_000_000_000),
            ("kib", 1 << 10),
            ("mib", 1 << 20),
            ("gib", 1 << 30),
            ("tb", 1_000_000_000_000),
            ("tib", 1 << 40),
        ];
        let wrong = || "write a number of bytes such as `5MB`, `4.5MiB` or `900000`".to_owned();
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = unit.trim().to_lowercase();
        let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        if part.len() > 9 {
            return Err(wrong());
        }
        let digits = u32::try_from(part.len()).map_err(|_| wrong())?;
        let parse = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let bytes = parse(whole)?.checked_mul(unit);
        let part = u128::from(parse(part)?) * u128::from(unit) / 10_u128.pow(digits);
        let bytes = bytes.and_then(|bytes| bytes.checked_add(u64::try_from(part).ok()?));
        bytes.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", HumanBytes(self.0), self.0)
    }
}

impl Limit {
    /// Returns the name in a command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PackagesRemoved => "packages-removed",
            Self::Downgrade => "downgrade",
            Self::UnitsChanged => "units-changed",
            Self::UsersChanged => "users-changed",
            Self::SetuidAdded => "setuid-added",
            Self::KernelChanged => "kernel-changed",
            Self::ConfigChanged => "config-changed",
        }
    }

    fn part(self) -> Part {
        match self {
            Self::PackagesRemoved | Self::Downgrade => Part::Packages,
            Self::UnitsChanged => Part::Units,
            Self::UsersChanged => Part::Accounts,
            Self::SetuidAdded => Part::Files,
            Self::KernelChanged => Part::Kernel,
            Self::ConfigChanged => Part::Config,
        }
    }

    fn forbids(self, change: &Change) -> bool {
        match self {
            Self::PackagesRemoved => change.how == How::Removed,
            Self::Downgrade => is_downgrade(change),
            Self::SetuidAdded => change.gains_rights,
            Self::UnitsChanged | Self::UsersChanged | Self::KernelChanged | Self::ConfigChanged => true,
        }
    }

    /// Returns the message about the changes that are forbidden.
    fn message(self, names: &[&str]) -> String {
        let (one, several, what) = match self {
            Self::PackagesRemoved => ("package", "packages", "removed"),
            Self::Downgrade => ("package", "packages", "replaced by a lower version"),
            Self::UnitsChanged => ("unit", "units", "not the same"),
            Self::UsersChanged => ("user or group", "users and groups", "not the same"),
            Self::SetuidAdded => ("file", "files", "given setuid, setgid or capabilities"),
            Self::KernelChanged => ("kernel or argument", "kernels and arguments", "not the same"),
            Self::ConfigChanged => ("value", "values of the config", "not the same"),
        };
        let shown = names[..names.len().min(SHOWN)].join("`, `");
        let more = names.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        match names.len() {
            1 => format!("1 {one} is {what}: `{shown}`"),
            count => format!("{count} {several} are {what}: `{shown}`{more}"),
        }
    }
}

/// Returns the limits that a difference does not keep. A limit that can't be decided is not kept.
pub(crate) fn violations(
    difference: &Difference<'_>,
    limits: &[Limit],
    most: Option<Size>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    for limit in limits {
        let PartDifference { changes, unknown, .. } = difference.part(limit.part());
        let name = limit.name();
        for reason in unknown {
            found.push(Violation { name, message: format!("it can't be decided, because {reason}") });
        }
        let names: Vec<_> =
            changes.iter().filter(|change| limit.forbids(change)).map(|change| &*change.name).collect();
        if !names.is_empty() {
            found.push(Violation { name, message: limit.message(&names) });
        }
    }
    let download = Size(difference.download.bytes());
    if let Some(most) = most.filter(|most| download.0 > most.0) {
        let (old, new) = (&difference.old.name, &difference.new.name);
        let message = format!("a device with `{old}` downloads {download} for `{new}`; the limit is {most}");
        found.push(Violation { name: "max-download", message });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn a_size_is_decimal_or_binary_and_anything_else_is_refused() {
        let parse = |text: &str| text.parse::<Size>().map(|size| size.0);
        for (text, bytes) in [
            ("900000", 900_000),
            ("5MB", 5_000_000),
            ("5 MB", 5_000_000),
            ("4.5MiB", 4_718_592),
            ("0.1kB", 100),
            ("1GiB", 1 << 30),
            ("2kib", 2048),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "MB", "5M", "5 megabytes", "-1", "1..5MB", "1.5.5MB", "18446744073709551615kB", "1e3"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
