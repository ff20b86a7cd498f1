//! The command lines of a service: `ExecStart=` and its kin, by systemd.service(5), "Command lines".

use crate::words::words;

/// One command of an `Exec…=` setting.
///
/// ```
/// use lapstrake::systemd::Command;
///
/// let commands = Command::parse(r#"-@/usr/bin/can can --bus "can 0" ; +/usr/bin/true"#).unwrap();
/// assert_eq!(commands[0].program, "/usr/bin/can");
/// assert_eq!(commands[0].arguments, ["--bus", "can 0"]);
/// assert!(commands[0].may_fail && !commands[1].may_fail);
/// assert!(commands[1].is_privileged);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, as it is written: a path, or a name that systemd looks for.
    pub program: String,
    /// What follows it, without the `argv[0]` that the prefix `@` gives.
    pub arguments: Vec<String>,
    /// `-`: it may fail or be missing.
    pub may_fail: bool,
    /// `+`, `!`, `!!`: it runs as root, also with `User=`.
    pub is_privileged: bool,
}

impl Command {
    /// The commands of one line; a `;` that stands alone parts them. None where quotes are left open, or
    /// a command has no program: systemd ignores such a line.
    ///
    /// ```
    /// # use lapstrake::systemd::Command;
    /// assert_eq!(Command::parse("/usr/bin/app \"open"), None);
    /// assert_eq!(Command::parse("-"), None);
    /// ```
    pub fn parse(line: &str) -> Option<Vec<Self>> {
        let words = words(line)?;
        words.split(|word| word == ";").filter(|words| !words.is_empty()).map(Self::of).collect()
    }

    fn of(words: &[String]) -> Option<Self> {
        let (first, rest) = words.split_first()?;
        let program = first.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        let prefix = first.get(..first.len() - program.len())?;
        let named = usize::from(prefix.contains('@'));
        let unescaped = |word: &String| if word == "\\;" { ";".to_owned() } else { word.clone() };
        (!program.is_empty()).then(|| Self {
            program: program.to_owned(),
            arguments: rest.iter().skip(named).map(unescaped).collect(),
            may_fail: prefix.contains('-'),
            is_privileged: prefix.contains(['+', '!']),
        })
    }
}
