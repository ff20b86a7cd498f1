//! The xtask of a workspace: its images, its checks, and its command line.

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use lapstrake::Image;

use super::foreign_option;
use super::report::{Report, Stdout, to_stderr};
use super::selection::SelectionError;
use super::usage_error::{UsageError, asks};
use super::{Cli, ImageArgs, PrintError};
use crate::check::Checks;
use crate::support::columns::Columns;
use crate::support::explain::Exit;
use crate::support::progress::{Colour, Progress, ProgressMode};

/// The xtask of a workspace: the images that it describes, and the checks for them.
///
/// ```no_run
/// use lapstrake_xtask::prelude::*;
///
/// fn main() -> ExitCode {
///     Xtask::new([Image::new("demo", Base::stand_in())]).main()
/// }
/// ```
///
/// An xtask with other commands, too, runs it for their arguments:
///
/// ```
/// use clap::Parser;
/// use lapstrake_xtask::check::Checks;
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::{ImageArgs, Xtask};
///
/// #[derive(Parser)]
/// enum Tasks {
///     Image(ImageArgs),
/// }
///
/// let xtask: Xtask = Xtask::new([Image::new("demo", Base::stand_in())]).checks(Checks::default());
/// let Tasks::Image(arguments) = Tasks::parse_from(["cargo xtask", "image", "list"]);
/// assert_eq!(xtask.run(&arguments), ExitCode::SUCCESS);
/// ```
#[derive(Debug, Clone)]
#[must_use = "an xtask does nothing without `.main()`"]
pub struct Xtask {
    images: Vec<Image>,
    checks: Checks,
}

impl Xtask {
    /// Describes an xtask with these images. The checks are Lapstrake's own.
    pub fn new(images: impl IntoIterator<Item = Image>) -> Self {
        Self { images: images.into_iter().collect(), checks: Checks::default() }
    }

    /// Uses these checks for every command.
    ///
    /// ```no_run
    /// use lapstrake_xtask::check::{Check, Checks, Fault, Subject};
    /// use lapstrake_xtask::prelude::*;
    ///
    /// fn no_shell(subject: &Subject<'_>) -> Vec<Fault> {
    ///     let ours = subject.tree().ours();
    ///     let scripts = ours.filter(|node| node.path().file_name().ends_with(".sh"));
    ///     scripts.map(|node| Fault::at(&node, format!("`{}` is a script", node.path()))).collect()
    /// }
    ///
    /// fn main() -> ExitCode {
    ///     let checks = Checks::default().with(Check::fatal("no-shell", "we ship programs only", no_shell));
    ///     Xtask::new([Image::new("demo", Base::stand_in())]).checks(checks).main()
    /// }
    /// ```
    pub fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// Runs the command line of an xtask that has no other commands: `cargo xtask image …`.
    ///
    /// The exit code is 0 if the command did what it was asked, 1 if a finding is fatal, 2 if the command line is
    /// wrong, and 3 if something outside of the description failed. `boot` ends with the exit code of the command
    /// that it ran.
    #[must_use = "return it from `main`: without it every failure ends with exit code 0"]
    pub fn main(self) -> ExitCode {
        let page = Columns::of_stdout().of_page();
        let parsed = Cli::command().term_width(page).try_get_matches();
        match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(Cli::Image(arguments)) => self.run(&arguments),
            Err(error) => unparsed(&foreign_option::explain(error)),
        }
    }

    /// Runs one command, for an xtask with a command line of its own.
    #[must_use = "return it from `main`: without it every failure ends with exit code 0"]
    pub fn run(&self, arguments: &ImageArgs) -> ExitCode {
        let mut report = arguments.report();
        let result = if self.images.is_empty() {
            Err(SelectionError::NoImage.into())
        } else {
            arguments.execute(&self.images, &self.checks, &mut report)
        };
        report.end(result)
    }
}

/// Ends a command line that is not a command: with `--help`, with the version, or because it is wrong.
fn unparsed(error: &clap::Error) -> ExitCode {
    let words: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let stdout = if asks(&words, "--format", "json") {
        Stdout::Document
    } else if asks(&words, "--format", "sarif") {
        Stdout::Sarif
    } else {
        Stdout::Result
    };
    let is_json = asks(&words, "--progress", "json");
    let report = |stdout| {
        let mode = if is_json { ProgressMode::Json } else { ProgressMode::Plain };
        Report::new(stdout, Colour::Auto, Progress::new(mode, false, Colour::Auto))
    };
    // `--help` is not an error, and is a result.
    if error.use_stderr() && (stdout != Stdout::Result || is_json) {
        return report(stdout).end(Err(UsageError::of(error).into()));
    }
    if error.use_stderr() {
        to_stderr(&Columns::of_stderr().wrap(&error.render().to_string(), 0, 0));
        return Exit::Usage.into();
    }
    match error.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            report(Stdout::Result).end(Err(PrintError(error).into()))
        }
        Ok(()) | Err(_) => Exit::Done.into(),
    }
}
