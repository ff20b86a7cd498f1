//! The syntax of a unit file, by systemd.syntax(7). Lenient as systemd is: a line that is none is
//! passed over, never an error, for a base's unit may hold anything.

/// A unit file's sections, in the order they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFile {
    sections: Vec<Section>,
}

/// One `[Name]` and the assignments under it.
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
    /// assert_eq!(unit.values("Install", "WantedBy").collect::<Vec<_>>(), ["a.target    b.target"]);
    /// ```
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut continued = String::new();
        for line in text.lines() {
            let trimmed = line.trim();
            // A comment inside a continuation is skipped, and the continuation goes on.
            if trimmed.starts_with(['#', ';']) || (trimmed.is_empty() && continued.is_empty()) {
                continue;
            }
            if let Some(start) = line.trim_end().strip_suffix('\\') {
                continued.push_str(start);
                continued.push(' ');
                continue;
            }
            let whole = std::mem::take(&mut continued) + line;
            file.line(whole.trim());
        }
        file.line(continued.trim());
        file
    }

    fn line(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            self.sections.push(Section { name: name.to_owned(), assignments: Vec::new() });
        } else if let (Some(section), Some((key, value))) = (self.sections.last_mut(), line.split_once('=')) {
            section.assignments.push((key.trim_end().to_owned(), value.trim_start().to_owned()));
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
        for (found, value) in self.sections.iter().filter(|s| s.name == section).flat_map(|s| &s.assignments)
        {
            if found == key {
                if value.is_empty() {
                    values.clear();
                } else {
                    values.push(value.as_str());
                }
            }
        }
        values.into_iter()
    }
}
