//! The command line: `cargo xtask image …`, by itself or as one subcommand of a user's own xtask. One
//! file, one verb; each turns arguments into a request and a result into text or JSON.

mod arguments;
mod boot;
mod build;
mod check;
mod emit;
mod list;
mod lock;
mod make;
mod plan;
mod prepare;
mod report;
mod selection;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use lapstrake::Image;

use crate::check::Checks;
use crate::engine;
use crate::support::explain::{Exit, Explain};
use report::report;

/// Runs the command line of an xtask that has no other commands: `cargo xtask image …`.
///
/// The exit code is 0 if the command did what it was asked, 1 if a finding is fatal, 2 if the command line is
/// wrong, and 3 if something outside of the description failed. `boot` ends with the exit code of the command that
/// it ran.
///
/// ```no_run
/// use lapstrake_xtask::prelude::*;
///
/// fn main() -> ExitCode {
///     lapstrake_xtask::main([Image::new("demo", Base::stand_in())])
/// }
/// ```
pub fn main(images: impl IntoIterator<Item = Image>) -> ExitCode {
    main_with(images, &Checks::default())
}

/// As [`main`], with checks of your own.
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
///     lapstrake_xtask::main_with([Image::new("demo", Base::stand_in())], &checks)
/// }
/// ```
pub fn main_with(images: impl IntoIterator<Item = Image>, checks: &Checks) -> ExitCode {
    match Cli::try_parse() {
        Ok(Cli::Image(arguments)) => arguments.run_with(images, checks),
        Err(error) => {
            // No line can be written when stderr is closed.
            drop(error.print());
            // `--help` is not an error.
            if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}

/// The exit codes, as `--help` lists them.
const EXIT_CODES: &str = "\
Exit codes:
  0  the command did what it was asked
  1  a finding is fatal
  2  the command line is wrong
  3  something outside of the description failed: a program, a file, the network
`boot` ends with the exit code of the command that it ran.";

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "This workspace's tasks")]
enum Cli {
    /// Describe, check and build this workspace's operating-system images
    Image(ImageArgs),
}

/// `image …`, to be mounted in a clap command line of your own.
///
/// ```
/// use clap::Parser;
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::{ImageArgs, check::Checks};
///
/// #[derive(Parser)]
/// enum Tasks {
///     /// Operating-system images
///     Image(ImageArgs),
///     /// The same, with checks of your own
///     Strict(ImageArgs),
/// }
///
/// fn tasks(tasks: Tasks) -> ExitCode {
///     let images = [Image::new("demo", Base::stand_in())];
///     match tasks {
///         Tasks::Image(arguments) => arguments.run(images),
///         Tasks::Strict(arguments) => arguments.run_with(images, &Checks::default()),
///     }
/// }
/// assert_eq!(tasks(Tasks::parse_from(["cargo xtask", "image", "list"])), ExitCode::SUCCESS);
/// ```
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct ImageArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the images this workspace describes
    List(list::List),
    /// Show what would be built, layer by layer, and why; has no side effects
    Plan(plan::Plan),
    /// Show every finding, and nothing else
    Check(check::Check),
    /// Write a Containerfile and its context, buildable without Rust
    Emit(emit::Emit),
    /// Compile, stage and build
    Build(build::Build),
    /// Build, boot in QEMU, and run a command in the system
    Boot(boot::Boot),
    /// Write lapstrake.lock
    Lock(lock::Lock),
}

impl ImageArgs {
    /// Runs the command on these images.
    pub fn run(&self, images: impl IntoIterator<Item = Image>) -> ExitCode {
        self.run_with(images, &Checks::default())
    }

    /// Runs the command on these images, with checks of your own.
    pub fn run_with(&self, images: impl IntoIterator<Item = Image>, checks: &Checks) -> ExitCode {
        let images: Vec<Image> = images.into_iter().collect();
        let (result, colour) = match &self.command {
            Command::List(command) => (command.run(&images), command.output.color),
            Command::Plan(command) => (command.run(&images, checks), command.output.color),
            Command::Check(command) => (command.run(&images, checks), command.output.color),
            Command::Emit(command) => (command.run(&images, checks), command.output.color),
            Command::Build(command) => (command.run(&images, checks), command.output.color),
            Command::Boot(command) => (command.run(&images, checks), command.output.color),
            Command::Lock(command) => (command.run(&images), command.output.color),
        };
        match result {
            Ok(exit) => exit.into(),
            Err(failed) => {
                report(&failed, colour);
                engine::reraise_signal();
                failed.exit().into()
            }
        }
    }
}

/// Writes a result to stdout. A reader that has gone away is no failure of ours.
fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// The same of what another program wrote, whatever it is.
fn print_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Writes a JSON document to stdout, on one line.
fn print_json(document: &serde_json::Value) {
    print(&format!("{document}\n"));
}
