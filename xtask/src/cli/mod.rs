//! The command line: `cargo xtask image …`, by itself or as one subcommand of a user's own xtask. One
//! file, one verb; each turns arguments into a request and a result into text or JSON.

mod arguments;
mod boot;
mod build;
mod built;
mod check;
mod diff;
mod diff_error;
mod emit;
mod execute_error;
mod explain;
mod failed;
mod foreign_option;
mod gc;
#[cfg(feature = "registry")]
mod key_args;
mod list;
mod lock;
mod make;
#[cfg(not(feature = "registry"))]
mod no_client;
mod plan;
mod prepare;
mod push;
mod push_error;
mod report;
mod selection;
#[cfg(feature = "registry")]
mod sign;
mod sign_error;
mod usage_error;
#[cfg(feature = "registry")]
mod verify;
mod xtask;

use std::io::Write;

use clap::{Args, Parser, Subcommand};
use lapstrake::Image;
use serde_json::json;

use crate::check::Checks;
use crate::support::explain::{Exit, Explain};
use failed::Failed;
#[cfg(not(feature = "registry"))]
use no_client::{NoClient as Sign, NoClient as Verify};
use report::{Report, Stdout};
#[cfg(feature = "registry")]
use sign::Sign;
#[cfg(feature = "registry")]
use verify::Verify;
pub use xtask::Xtask;

/// The exit codes, as `--help` lists them.
const EXIT_CODES: &str = "\
Exit codes:
  0  the command did what it was asked
  1  a finding is fatal
  2  the command line is wrong
  3  something outside of the description failed: a program, a file, the network
`boot` ends with the exit code of the command that it ran.";

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about = "This workspace's tasks")]
enum Cli {
    /// Describe, check and build this workspace's operating-system images
    Image(ImageArgs),
}

/// `image …`, to be mounted in a clap command line of your own.
///
/// ```
/// use clap::Parser;
/// use lapstrake_xtask::prelude::*;
/// use lapstrake_xtask::ImageArgs;
///
/// #[derive(Parser)]
/// enum Tasks {
///     /// Operating-system images
///     Image(ImageArgs),
/// }
///
/// let xtask = Xtask::new([Image::new("demo", Base::stand_in())]);
/// let Tasks::Image(arguments) = Tasks::parse_from(["cargo xtask", "image", "list"]);
/// assert_eq!(xtask.run(&arguments), ExitCode::SUCCESS);
/// ```
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES, version = env!("CARGO_PKG_VERSION"))]
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
    /// Show what a check looks for, with a fault and its fix
    Explain(explain::ExplainArgs),
    /// Write a Containerfile and its context, buildable without Rust
    Emit(emit::Emit),
    /// Compile, stage and build
    Build(build::Build),
    /// Build, boot in QEMU, and run a command in the system
    Boot(boot::Boot),
    /// Build, and push to a registry
    Push(push::Push),
    /// Show what changes between two images, and what a device downloads
    Diff(diff::Diff),
    /// Sign an image of a registry
    Sign(Sign),
    /// Verify an image of a registry by a key, or as a device with a policy decides
    Verify(Verify),
    /// Write lapstrake.lock
    Lock(lock::Lock),
    /// Remove what no image of this workspace needs
    Gc(gc::Gc),
}

impl ImageArgs {
    fn execute(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        match &self.command {
            Command::List(command) => command.run(images, report),
            Command::Plan(command) => command.run(images, checks, report),
            Command::Check(command) => command.run(images, checks, report),
            Command::Explain(command) => command.run(checks, report),
            Command::Emit(command) => command.run(images, checks, report),
            Command::Build(command) => command.run(images, checks, report),
            Command::Boot(command) => command.run(images, checks, report),
            Command::Push(command) => command.run(images, checks, report),
            #[cfg(feature = "registry")]
            Command::Sign(command) => command.run(images, report),
            #[cfg(feature = "registry")]
            Command::Verify(command) => command.run(images, report),
            #[cfg(not(feature = "registry"))]
            Command::Sign(command) | Command::Verify(command) => command.run(),
            Command::Diff(command) => command.run(images, report),
            Command::Lock(command) => command.run(images, report),
            Command::Gc(command) => command.run(images, report),
        }
    }

    /// Returns an empty report of the command.
    fn report(&self) -> Report {
        let document = |is_document| if is_document { Stdout::Document } else { Stdout::Result };
        let (output, stdout) = match &self.command {
            Command::List(command) => (&command.output, document(command.formatted.is_json())),
            Command::Plan(command) => (&command.output, document(command.formatted.is_json())),
            Command::Check(command) => (&command.output, command.stdout()),
            Command::Explain(command) => (&command.output, document(command.formatted.is_json())),
            Command::Emit(command) => (&command.output, document(command.formatted.is_json())),
            Command::Build(command) => (&command.output, document(command.formatted.is_json())),
            Command::Boot(command) => (&command.output, document(command.formatted.is_json())),
            Command::Push(command) => (&command.output, document(command.formatted.is_json())),
            #[cfg(feature = "registry")]
            Command::Sign(command) => (&command.output, document(command.formatted.is_json())),
            #[cfg(feature = "registry")]
            Command::Verify(command) => (&command.output, document(command.formatted.is_json())),
            #[cfg(not(feature = "registry"))]
            Command::Sign(command) | Command::Verify(command) => {
                (&command.output, document(command.formatted.is_json()))
            }
            Command::Diff(command) => (&command.output, document(command.is_json())),
            Command::Lock(command) => (&command.output, document(command.formatted.is_json())),
            Command::Gc(command) => (&command.output, document(command.formatted.is_json())),
        };
        let mut report = Report::new(stdout, output.color, output.progress());
        if !matches!(
            self.command,
            Command::Check(_)
                | Command::Explain(_)
                | Command::Diff(_)
                | Command::Lock(_)
                | Command::Gc(_)
                | Command::Sign(_)
                | Command::Verify(_)
        ) {
            report.set("images", json!([]));
        }
        report
    }
}

/// Stdout could not be written, so the result is lost.
#[derive(Debug, thiserror::Error)]
#[error("the result can't be written to stdout")]
pub(crate) struct PrintError(#[source] std::io::Error);

impl Explain for PrintError {
    fn help(&self) -> Option<String> {
        Some("free some space, or write it to another place; what was built is kept".to_owned())
    }
}

/// Writes a result to stdout. A reader that has closed the pipe, such as `head`, is not a failure.
fn print(text: &str) -> Result<(), PrintError> {
    print_bytes(text.as_bytes())
}

/// Writes what another program wrote to stdout.
fn print_bytes(bytes: &[u8]) -> Result<(), PrintError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(PrintError(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a JSON document to stdout, on one line.
fn print_json(document: &serde_json::Value) -> Result<(), PrintError> {
    print(&format!("{document}\n"))
}
