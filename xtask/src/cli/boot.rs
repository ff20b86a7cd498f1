//! `image boot`: builds an image, boots it in QEMU, and runs a command in the system. The result is what
//! the command prints, and its exit code is ours.

use std::time::Duration;

use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{BuildArgs, FormatArgs, Output, TargetArgs};
use super::execute_error::ExecuteError;
use super::failed::Failed;
use super::make::{EngineArgs, ImageBuilder};
use super::prepare::{CheckArgs, Prepared, prepare};
use super::print_bytes;
use super::report::Report;
use super::selection::select_one;
use crate::boot::{Asked, Booted, Command, End};
use crate::check::Checks;
use crate::image::shown;
use crate::session::Request;
use crate::support::explain::Exit;
use crate::support::progress::Progress;

#[derive(Debug, Args)]
pub(super) struct Boot {
    /// The image, by name or glob; may be left out where there is one
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// Run a command in the system, word for word, with no shell: all that follows. Left out, the units that
    /// have failed are listed
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true)]
    execute: Vec<String>,
    /// For how long the machine may run
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Memory of the machine
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
    #[command(flatten)]
    making: EngineArgs,
    #[command(flatten)]
    checking: CheckArgs,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Boot {
    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        let command = self.command()?;
        select_one(images, self.image.as_slice(), "boot")?;
        let progress = report.progress.clone();
        let settings = self.making.settings()?;
        let request = Request { compression: settings.compression, ..self.building.request(&self.output) };
        let selection = self.checking.selection(&[]);
        let which = TargetArgs { images: self.image.iter().cloned().collect() };
        let prepared = prepare(images, checks, &which, selection, request, &progress)?;
        if prepared.is_refused(report)? {
            return Ok(Exit::Findings);
        }
        let Prepared { mut session, planned, checks, selection, .. } = prepared;
        let Some(planned) = planned.into_iter().next() else { return Ok(Exit::Done) };
        planned.can_boot(&command)?;
        session.save_lock()?;
        let store = session.store()?;
        let maker = ImageBuilder {
            making: &self.making,
            store: &store,
            settings,
            checks: &checks,
            selection: &selection,
        };
        let Some((ready, built)) = maker.make(&mut session, planned, report)? else {
            return Ok(Exit::Findings);
        };
        let asked = Asked { timeout: Duration::from_secs(self.timeout), memory: self.memory };
        let lists = command == Command::FailedUnits;
        let booted = session.boot((&ready, &built), &store, command, asked)?;
        session.trim_store();
        told(&booted, &progress);
        if report.is_document() {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let mut document = json!({
                "name": ready.plan.name,
                "digest": built.descriptor.digest,
                "accelerator": booted.accelerator,
                "up": booted.up,
                "exit_code": booted.end.code(),
                "output": text(&booted.output),
                "errors": text(&booted.errors),
                "serial_log": shown(&booted.serial_log),
                "findings": report.findings().of(&ready.plan.name),
            });
            if lists {
                document["failed_units"] = json!(failed_units(&text(&booted.output)));
            }
            report.add_image(document);
        } else {
            let printed = print_bytes(&booted.output);
            report.pass_on(&booted.errors);
            printed?;
        }
        Ok(Exit::OfCommand(booted.end.code()))
    }

    fn command(&self) -> Result<Command, ExecuteError> {
        match &self.execute[..] {
            [] => Ok(Command::FailedUnits),
            [word] if word.trim().contains(char::is_whitespace) => {
                Err(ExecuteError::OneWord { word: word.clone() })
            }
            [program, ..] if program.trim().is_empty() => Err(ExecuteError::Empty),
            [program, arguments @ ..] => {
                Ok(Command::Words { program: program.clone(), arguments: arguments.to_vec(), known: false })
            }
        }
    }
}

/// How it went.
fn told(booted: &Booted, progress: &Progress) {
    let end = match &booted.end {
        End::Exited(code) => format!("exit code {code}"),
        End::Killed(signal) => format!("killed by SIG{signal}"),
    };
    progress.status("Finished", format_args!("up after {:.1} s, {end}", booted.up));
    if booted.cut {
        progress.status("Cut", "the command said more than is kept");
    }
    progress.status("Kept", format_args!("{}", shown(&booted.serial_log)));
}

/// The names in a list of units (systemctl(1)).
fn failed_units(listed: &str) -> Vec<&str> {
    listed.lines().filter_map(|line| line.split_whitespace().next()).collect()
}
