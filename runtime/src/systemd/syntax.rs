//! The syntax of a unit file, by systemd.syntax(7). Lenient as systemd is: a line that is none is
//! passed over, never an error, because a base's unit may hold anything.

/// What systemd takes for white space in a line.
const BLANK: [char; 2] = [' ', '\t'];

/// A unit file's sections, in the order they stand.
///
/// ```
/// use lapstrake::systemd::UnitFile;
///
/// let unit = UnitFile::parse("[Service]\nExecStart=/usr/bin/a\nExecStart=\nExecStart=/usr/bin/b \\\n  --long\n");
/// assert_eq!(unit.sections().len(), 1);
/// assert_eq!(unit.values("Service", "ExecStart").collect::<Vec<_>>(), ["/usr/bin/b  --long"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFile {
    sections: Vec<Section>,
}

/// One `[Name]` and the assignments under it (systemd.syntax(7)).
///
/// ```
/// use lapstrake::systemd::{Section, UnitFile};
///
/// let unit = UnitFile::parse("[Unit]\nAfter = network.target\n");
/// let section: &Section = &unit.sections()[0];
/// assert_eq!(section.name, "Unit");
/// assert_eq!(section.assignments, [("After".to_owned(), "network.target".to_owned())]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The name between the brackets.
    pub name: String,
    /// Key and value of each assignment, trimmed, continuation lines joined by a space.
    pub assignments: Vec<(String, String)>,
}

impl UnitFile {
    /// Reads a unit file.
    ///
    /// ```
    /// use lapstrake::systemd::UnitFile;
    ///
    /// let unit = UnitFile::parse("[Install]\nWantedBy=a.target \\\n# a comment\n  b.target\n");
    /// assert_eq!(unit.values("Install", "WantedBy").collect::<Vec<_>>(), ["a.target  b.target"]);
    /// ```
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut continued = String::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        for line in text.split(['\n', '\r', '\0']) {
            let line = line.trim_start_matches(BLANK);
            // A comment inside a continuation is skipped, and the continuation goes on.
            if line.starts_with(['#', ';']) {
                continue;
            }
            continued.push_str(line);
            // Only a backslash that is not escaped itself, and that nothing follows, not even a space.
            let backslashes = continued.len() - continued.trim_end_matches('\\').len();
            if backslashes % 2 == 1 {
                continued.pop();
                continued.push(' ');
                continue;
            }
            file.line(std::mem::take(&mut continued).trim_matches(BLANK));
        }
        file.line(continued.trim_matches(BLANK));
        file
    }

    fn line(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix('[') {
            if let Some(name) = name.strip_suffix(']') {
                self.sections.push(Section { name: name.to_owned(), assignments: Vec::new() });
            }
        } else if let (Some(section), Some((key, value))) = (self.sections.last_mut(), line.split_once('='))
            && !key.is_empty()
        {
            let value = value.trim_start_matches(BLANK).to_owned();
            section.assignments.push((key.trim_end_matches(BLANK).to_owned(), value));
        }
    }

    /// The sections, in the order they stand; one may stand several times.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The values of a key in all sections of a name, in order. An empty one resets what came before it
    /// and is left out together with that.
    pub fn values<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a str> {
        let mut values = Vec::new();
        for value in self.all(section, key) {
            if value.is_empty() {
                values.clear();
            } else {
                values.push(value);
            }
        }
        values.into_iter()
    }

    /// The same for the few keys that are not lists to systemd: an empty value resets nothing.
    pub(super) fn all<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a str> {
        let sections = self.sections.iter().filter(move |found| found.name == section);
        sections
            .flat_map(|section| &section.assignments)
            .filter(move |(found, _)| found == key)
            .map(|(_, value)| value.as_str())
    }
}
