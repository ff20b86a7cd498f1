//! The syntax of an environment file, by systemd.exec(5), "`EnvironmentFile=`".

use crate::value::Variable;

/// A line of an environment file from which a service does not get what the line says.
///
/// ```
/// use lapstrake::systemd::EnvironmentFault;
///
/// let fault: EnvironmentFault = EnvironmentFault::all("A=1\nexport B=2\n").remove(0);
/// assert_eq!((fault.line, fault.reason.as_str()), (2, "has `export`, and systemd is not a shell"));
/// assert_eq!(fault.help, "write `B=…`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentFault {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// What is wrong with it: the end of a sentence that begins with the line.
    pub reason: String,
    /// What to write instead.
    pub help: String,
}

impl EnvironmentFault {
    /// Returns the faults of a file, in order.
    ///
    /// systemd ignores what it can't take, and the service starts without the variable. So a file that systemd reads in
    /// silence can have faults.
    ///
    /// ```
    /// use lapstrake::systemd::EnvironmentFault;
    ///
    /// let good = "# of the gateway\nPORT=8000\nNAME=\"a $b\" 'c'\nLONG=one \\\n  two\nEMPTY=\n";
    /// assert!(EnvironmentFault::all(good).is_empty());
    /// assert_eq!(EnvironmentFault::all("A=\"open\nB=1\n")[0].line, 1);
    /// ```
    pub fn all(text: &str) -> Vec<Self> {
        Reader { rest: text.chars().peekable(), line: 1 }.faults()
    }

    fn new(line: usize, reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), help: help.into() }
    }
}

/// A file as systemd reads it, one character after the other.
struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

/// What ends a line for systemd.
fn is_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

impl Reader<'_> {
    fn faults(mut self) -> Vec<EnvironmentFault> {
        let mut faults = Vec::new();
        while let Some(first) = self.next() {
            match first {
                c if is_blank(c) => {}
                '#' | ';' => self.skip_line(),
                c => faults.extend(self.assignment(c)),
            }
        }
        faults
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' || c == '\r' && self.rest.peek() != Some(&'\n') {
            self.line += 1;
        }
        Some(c)
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| !is_end(c)) {}
    }

    /// Reads a name and its value.
    fn assignment(&mut self, first: char) -> Option<EnvironmentFault> {
        let line = self.line;
        let mut name = String::from(first);
        loop {
            match self.rest.peek() {
                Some('=') => break,
                Some(c) if !is_end(*c) => name.extend(self.next()),
                _ => {
                    let name = name.trim();
                    let reason = "has no `=`, and systemd ignores it";
                    return Some(EnvironmentFault::new(line, reason, no_value(name)));
                }
            }
        }
        self.next();
        let value = self.value(line);
        let name = name.trim_end();
        wrong_name(name, line).or(value.err())
    }

    /// Reads a value up to the end of its line, over the lines that quotes and backslashes join to it.
    fn value(&mut self, line: usize) -> Result<(), EnvironmentFault> {
        let mut is_after_quote = false;
        let mut is_empty = true;
        let mut control = None;
        while let Some(c) = self.next() {
            match c {
                c if is_end(c) => break,
                '\\' => {
                    self.next();
                    is_empty = false;
                }
                // A quote within a word is a character of it.
                '"' | '\'' if is_empty => {
                    let opened = self.line;
                    self.quoted(c, opened, &mut control)?;
                    is_after_quote = true;
                }
                '#' if is_after_quote && is_empty => {
                    self.skip_line();
                    let reason =
                        "has a comment behind its value, which systemd takes for a part of the value";
                    return Err(EnvironmentFault::new(line, reason, "put the comment on a line of its own"));
                }
                c => {
                    is_empty &= is_blank(c);
                    control = control.or(wrong_character(c, self.line));
                }
            }
        }
        control.map_or(Ok(()), Err)
    }

    /// Reads up to the closing quote.
    fn quoted(
        &mut self,
        quote: char,
        opened: usize,
        control: &mut Option<EnvironmentFault>,
    ) -> Result<(), EnvironmentFault> {
        loop {
            match self.next() {
                None => {
                    let reason = format!(
                        "has a `{quote}` that is not closed, so that all lines behind it are its value"
                    );
                    return Err(EnvironmentFault::new(opened, reason, format!("close it with `{quote}`")));
                }
                Some(c) if c == quote => return Ok(()),
                Some('\\') if quote == '"' => {
                    self.next();
                }
                Some(c) => {
                    let found = wrong_character(c, self.line).filter(|_| !is_end(c));
                    *control = control.take().or(found);
                }
            }
        }
    }
}

/// Returns how a line is written that is a name alone.
fn no_value(name: &str) -> String {
    let name = name.strip_prefix("export ").map_or(name, str::trim);
    match Variable::parse(name) {
        Ok(name) => format!("write `{name}=`, or leave it out"),
        Err(_) => "write `NAME=VALUE`, or `#` before a comment".to_owned(),
    }
}

/// Returns what is wrong with a name: systemd leaves the variable out.
fn wrong_name(name: &str, line: usize) -> Option<EnvironmentFault> {
    if let Some(rest) = name.strip_prefix("export ").or_else(|| name.strip_prefix("export\t")) {
        let help = format!("write `{}=…`", rest.trim());
        return Some(EnvironmentFault::new(line, "has `export`, and systemd is not a shell", help));
    }
    let error = Variable::parse(name).err()?;
    let reason = format!("has `{}` as a name: {error}; systemd leaves the variable out", name.escape_debug());
    Some(EnvironmentFault::new(line, reason, error.help().unwrap_or("write `NAME=VALUE`").to_owned()))
}

/// Returns a fault for a character that no variable of a service can have.
fn wrong_character(c: char, line: usize) -> Option<EnvironmentFault> {
    if c == char::REPLACEMENT_CHARACTER {
        let reason = "is not UTF-8, and no service with the file starts";
        return Some(EnvironmentFault::new(line, reason, "save the file as UTF-8"));
    }
    (c.is_ascii_control() && c != '\t').then(|| {
        let reason =
            format!("has the control character `{}`, and systemd leaves the variable out", c.escape_debug());
        EnvironmentFault::new(line, reason, "leave the character out")
    })
}
