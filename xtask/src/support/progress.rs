//! The output on stderr while work goes on: lines in cargo's manner, spinners on a terminal, JSON lines
//! for a machine. It never writes to stdout, and knows nothing of what the work is.

use std::fmt::Display;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};

use super::columns::Columns;

/// Where the text of a line begins, after its verb.
const STATUS: usize = 13;
/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(100);

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ProgressMode {
    /// `tty` on a terminal, else `plain`.
    #[default]
    Auto,
    /// Spinners and lines.
    Tty,
    /// Lines.
    Plain,
    /// One JSON object a line.
    Json,
    /// Nothing.
    None,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether stderr gets colours.
    pub(crate) fn on_stderr(self) -> bool {
        self.on(&std::io::stderr())
    }

    /// Whether stdout gets colours.
    pub(crate) fn on_stdout(self) -> bool {
        self.on(&std::io::stdout())
    }

    fn on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => Self::of_environment(|name| std::env::var(name).ok(), stream.is_terminal()),
        }
    }

    /// Returns whether the environment wants colours: `NO_COLOR` (no-color.org) decides before `CLICOLOR_FORCE`
    /// (bixense.com/clicolors), that before cargo's `CARGO_TERM_COLOR`, and that before the terminal.
    fn of_environment(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("NO_COLOR") {
            return false;
        }
        if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") {
            return true;
        }
        match variable("CARGO_TERM_COLOR").as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => is_terminal && variable("TERM").as_deref() != Some("dumb"),
        }
    }
}

/// Writes progress to stderr. Clones write to the same terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    mode: Shown,
    /// Whether each line of stderr is a JSON object, also where nothing but errors is shown.
    is_json: bool,
    colour: bool,
    bars: MultiProgress,
    /// The warnings, for tests.
    #[cfg(test)]
    warnings: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Spinners,
    Lines,
    Json,
    Nothing,
}

impl Progress {
    pub(crate) fn new(mode: ProgressMode, quiet: bool, colour: Colour) -> Self {
        let is_json = mode == ProgressMode::Json;
        let mode = match mode {
            _ if quiet => Shown::Nothing,
            ProgressMode::Auto if std::io::stderr().is_terminal() => Shown::Spinners,
            ProgressMode::Tty => Shown::Spinners,
            ProgressMode::Auto | ProgressMode::Plain => Shown::Lines,
            ProgressMode::Json => Shown::Json,
            ProgressMode::None => Shown::Nothing,
        };
        let bars = MultiProgress::with_draw_target(match mode {
            Shown::Spinners => ProgressDrawTarget::stderr(),
            Shown::Lines | Shown::Json | Shown::Nothing => ProgressDrawTarget::hidden(),
        });
        Self {
            mode,
            is_json,
            colour: colour.on_stderr(),
            bars,
            #[cfg(test)]
            warnings: std::sync::Arc::default(),
        }
    }

    /// Whether each line of stderr is a JSON object.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Writes a JSON object with that name and message to stderr, and the fields of `fact`.
    pub(crate) fn event(&self, name: &str, message: &str, fact: Map<String, Value>) {
        let mut event = Map::new();
        event.insert("event".to_owned(), name.into());
        event.insert("message".to_owned(), message.into());
        event.extend(fact);
        // No line can be written when stderr is closed.
        self.bars.suspend(|| drop(writeln!(std::io::stderr(), "{}", Value::Object(event))));
    }

    /// Writes one line about something that went wrong and does not stop the work.
    pub(crate) fn warning(&self, what: impl Display) {
        #[cfg(test)]
        self.warnings.lock().expect("no test panics while it holds the warnings").push(what.to_string());
        let what = what.to_string();
        let wrapped = || Columns::of_stderr().wrap(&what, "warning: ".len(), 2);
        let line = match self.mode {
            Shown::Nothing => return,
            Shown::Json => return self.event("warning", &what, Map::new()),
            Shown::Spinners | Shown::Lines if self.colour => {
                format!("\x1b[1m\x1b[33mwarning\x1b[0m: {}", wrapped())
            }
            Shown::Spinners | Shown::Lines => format!("warning: {}", wrapped()),
        };
        // No line can be written when stderr is closed.
        self.bars.suspend(|| drop(writeln!(std::io::stderr(), "{line}")));
    }

    /// Returns the warnings so far.
    #[cfg(test)]
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().expect("no test panics while it holds the warnings").clone()
    }

    /// Writes one line, as cargo writes them: a verb and what it is about.
    pub(crate) fn status(&self, verb: &str, what: impl Display) {
        self.status_with(verb, &what.to_string(), &Map::new);
    }

    /// Writes one line, as [`Progress::status`]; a machine gets the fields of `fact` with it.
    pub(crate) fn status_with(&self, verb: &str, what: &str, fact: &dyn Fn() -> Map<String, Value>) {
        let wrapped = || Columns::of_stderr().wrap(what, STATUS, STATUS);
        let line = match self.mode {
            Shown::Nothing => return,
            Shown::Json => return self.event(&verb.to_lowercase(), what.trim(), fact()),
            Shown::Spinners | Shown::Lines if self.colour => {
                format!("\x1b[1m\x1b[32m{verb:>12}\x1b[0m {}", wrapped())
            }
            Shown::Spinners | Shown::Lines => format!("{verb:>12} {}", wrapped()),
        };
        // No line can be written when stderr is closed.
        self.bars.suspend(|| drop(writeln!(std::io::stderr(), "{line}")));
    }

    /// Returns progress that is not shown.
    pub(crate) fn silent() -> Self {
        Self::new(ProgressMode::None, true, Colour::Never)
    }

    /// Writes a line of another program's output.
    pub(crate) fn line(&self, line: &str) {
        match self.mode {
            Shown::Nothing => {}
            Shown::Json => self.status("output", line),
            Shown::Spinners | Shown::Lines => {
                self.bars.suspend(|| drop(writeln!(std::io::stderr(), "{:>12} {line}", "|")));
            }
        }
    }

    /// Writes each line that a reader has as the output of another program, as JSON.
    pub(crate) fn lines(&self, output: impl Read) {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            self.event("output", String::from_utf8_lossy(&line).trim_end(), Map::new());
        }
    }

    /// Shows a spinner for long work, for as long as the value lives.
    pub(crate) fn working(&self, what: impl Into<String>) -> Working {
        if self.mode != Shown::Spinners {
            return Working(None);
        }
        let spinner = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner:>12} {msg} [{elapsed}]") {
            spinner.set_style(style);
        }
        spinner.set_message(what.into());
        spinner.enable_steady_tick(TICK);
        Working(Some(spinner))
    }

    /// Returns a bar of bytes on the terminal, if there are spinners.
    pub(super) fn bar(&self, what: &str, total: Option<u64>) -> Option<ProgressBar> {
        if self.mode != Shown::Spinners {
            return None;
        }
        let (bar, template) = match total {
            Some(total) => {
                (ProgressBar::new(total), "{spinner:>12} {bytes} of {total_bytes} [{elapsed}] {wide_msg}")
            }
            None => (ProgressBar::new_spinner(), "{spinner:>12} {bytes} [{elapsed}] {wide_msg}"),
        };
        let bar = self.bars.add(bar);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Some(bar)
    }

    /// Returns how long a line about bytes that are done waits for the next one. None, where no such lines are written.
    pub(super) fn interval(&self) -> Option<Duration> {
        match self.mode {
            Shown::Spinners | Shown::Nothing => None,
            Shown::Json => Some(Duration::from_secs(1)),
            Shown::Lines => Some(Duration::from_secs(10)),
        }
    }
}

/// Work that is going on.
#[derive(Debug)]
pub(crate) struct Working(Option<ProgressBar>);

impl Working {
    /// Says how far the work is, in as much of a line as a terminal has room for.
    pub(crate) fn tell(&self, line: &str) {
        const ROOM: usize = 56;
        if let Some(spinner) = &self.0 {
            spinner.set_message(line.chars().take(ROOM).collect::<String>());
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(spinner) = &self.0 {
            spinner.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Colour;

    #[test]
    fn the_environment_decides_about_colours_as_other_programs_let_it() {
        let is_coloured = |variables: &[(&str, &str)], is_terminal: bool| {
            let value =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
            Colour::of_environment(|name| value(name).map(ToString::to_string), is_terminal)
        };
        assert!(is_coloured(&[], true) && !is_coloured(&[], false));
        assert!(!is_coloured(&[("TERM", "dumb")], true));
        assert!(!is_coloured(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(is_coloured(&[("NO_COLOR", "")], true), "an empty value is none");
        assert!(
            is_coloured(&[("CLICOLOR_FORCE", "1")], false) && !is_coloured(&[("CLICOLOR_FORCE", "0")], false)
        );
        assert!(is_coloured(&[("CARGO_TERM_COLOR", "always")], false));
        assert!(!is_coloured(&[("CARGO_TERM_COLOR", "never")], true));
    }
}
