//! A change of a text file that the base, a package or a layer below brings.

use crate::Parsed;
use crate::faults::{Fault, Faults, faults};
use crate::value::{ImagePath, Text};

/// A change of a text file that is below its layer: in the base, in its packages, or in a layer of this image.
///
/// The file keeps its mode, its owner and its extended attributes, and a symlink to it stays. The changes are made in
/// the order of the calls, when the image is planned. A change that finds nothing, or two places, is an error.
///
/// ```
/// use lapstrake::{Layer, entry::Edit};
///
/// let chrony = Edit::of("/etc/chrony.conf")
///     .replace("#allow 192.168.0.0/16", "allow 10.0.0.0/8")
///     .append("log measurements\n");
/// let journal = Edit::of("/etc/systemd/journald.conf").set("Journal", "Storage", "persistent");
/// assert_eq!((chrony.changes.len(), journal.changes.len()), (2, 1));
/// Layer::new("platform").with(chrony).with(journal);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an edit is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Edit {
    /// The path of the file.
    pub at: Parsed<ImagePath>,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The names of the checks whose findings about the file are accepted.
    pub allowed: Vec<Parsed<String>>,
}

/// One change of a text.
///
/// ```
/// use lapstrake::entry::{Change, Edit};
///
/// let edit = Edit::of("/etc/issue").append("\\l\n");
/// assert_eq!(edit.changes, [Change::Append("\\l\n".to_owned())]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Replaces a text that occurs once.
    Replace {
        /// The text that is there.
        from: String,
        /// The text that takes its place.
        to: String,
    },
    /// Replaces a text wherever it occurs, at least once.
    ReplaceAll {
        /// The text that is there.
        from: String,
        /// The text that takes its place.
        to: String,
    },
    /// Sets a key.
    Set {
        /// The section; empty for a key before the first section, or in a file without sections.
        section: String,
        /// The key.
        key: String,
        /// The value, as the file writes it.
        value: String,
    },
    /// Adds lines after a line that occurs once.
    InsertAfter {
        /// The line, without its end.
        line: String,
        /// What is added.
        text: String,
    },
    /// Adds a text at the end.
    Append(String),
}

impl Edit {
    /// Describes the file that has this path before its layer, with no change yet. A symlink is followed.
    #[track_caller]
    pub fn of(at: impl Text<ImagePath>) -> Self {
        Self { at: Parsed::new(at), changes: Vec::new(), allowed: Vec::new() }
    }

    /// Sets values of `/usr/lib/os-release`, quoted as os-release(5) has it.
    #[track_caller]
    pub(crate) fn os_release<N: Into<String>, V: AsRef<str>>(
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let quoted = |value: &str| {
            value.chars().fold("\"".to_owned(), |mut quoted, c| {
                if "\"\\$`".contains(c) {
                    quoted.push('\\');
                }
                quoted.push(c);
                quoted
            }) + "\""
        };
        let set = |edit: Self, (name, value): (N, V)| edit.set("", name, quoted(value.as_ref()));
        values.into_iter().fold(Self::of("/usr/lib/os-release"), set)
    }

    /// Replaces a text. It must occur exactly once; [`Edit::replace_all`] replaces several.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// let edit = Edit::of("/etc/selinux/config").replace("SELINUX=permissive", "SELINUX=enforcing");
    /// assert_eq!(edit.changes.len(), 1);
    /// ```
    pub fn replace(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.change(Change::Replace { from: from.into(), to: to.into() })
    }

    /// Replaces a text wherever it occurs. It must occur at least once.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// let edit = Edit::of("/etc/httpd/conf/httpd.conf").replace_all("/var/www/", "/usr/share/web/");
    /// assert_eq!(edit.changes.len(), 1);
    /// ```
    pub fn replace_all(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.change(Change::ReplaceAll { from: from.into(), to: to.into() })
    }

    /// Sets a key of a section. What is known of the file's format comes from its name: `.json` and `.toml`, and else
    /// `key=value` lines below `[section]` lines (systemd.syntax(7)).
    ///
    /// The section is empty for a key before the first section. In JSON and TOML it is the path to a table, with dots.
    /// The value is written as it is given: a text of TOML or JSON needs its quotes. The key may be missing: it is
    /// added at the end of its section, and a missing section at the end of the file. A commented-out line is not the
    /// key.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// let journal = Edit::of("/etc/systemd/journald.conf").set("Journal", "Storage", "persistent");
    /// let selinux = Edit::of("/etc/selinux/config").set("", "SELINUX", "enforcing");
    /// let registries = Edit::of("/etc/containers/containers.conf").set("engine", "env", "[]");
    /// # assert_eq!(journal.changes.len() + selinux.changes.len() + registries.changes.len(), 3);
    /// ```
    pub fn set(self, section: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.change(Change::Set { section: section.into(), key: key.into(), value: value.into() })
    }

    /// Adds a text after a line. The line must occur exactly once; spaces at its start and end do not count.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// let edit = Edit::of("/etc/pam.d/sshd").insert_after("auth substack password-auth", "auth required pam_env.so");
    /// assert_eq!(edit.changes.len(), 1);
    /// ```
    pub fn insert_after(self, line: impl Into<String>, text: impl Into<String>) -> Self {
        self.change(Change::InsertAfter { line: line.into(), text: text.into() })
    }

    /// Adds a text at the end, on a line of its own.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// assert_eq!(Edit::of("/etc/hosts").append("10.0.0.1 gateway").changes.len(), 1);
    /// ```
    pub fn append(self, text: impl Into<String>) -> Self {
        self.change(Change::Append(text.into()))
    }

    /// Accepts the findings of a check about the file, by the check's name. It takes a constant of
    /// `lapstrake_xtask::checks`, or the name as text. Default: nothing is accepted.
    ///
    /// ```
    /// # use lapstrake::entry::Edit;
    /// assert_eq!(Edit::of("/etc/hosts").append("x").allow("etc-merge").allowed[0], "etc-merge");
    /// ```
    #[track_caller]
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(Parsed::of(Ok(check.into())));
        self
    }

    fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

/// Whether a change fits its file is known when the image is planned.
impl Faults for Change {
    fn faults<'a>(&'a self, _: &mut Vec<Fault<'a>>) {}
}

faults!(Edit { at, changes, allowed });
