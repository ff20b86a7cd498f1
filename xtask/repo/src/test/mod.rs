//! `cargo xtask test`: everything that must hold of this repository, in one command. All steps run, one
//! that fails stops no other, and the last line counts.

mod podman;
mod setup;
mod steps;
mod system;
mod tally;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::cargo::cargo;
use crate::checkout::Checkout;
pub(crate) use setup::{Ready, prepare};
use steps::{Step, steps};
use tally::{Tally, verdict};

/// A step that was run.
struct Done {
    name: String,
    took: Duration,
    tally: Tally,
}

/// Runs everything.
pub(crate) fn run(checkout: &Checkout) -> ExitCode {
    run_steps(checkout, steps(checkout))
}

/// Runs `cargo test` of the workspace with these arguments, and nothing else.
pub(crate) fn run_only(checkout: &Checkout, args: &[String]) -> ExitCode {
    run_steps(checkout, vec![Step::tests_with(&checkout.root, args)])
}

fn run_steps(checkout: &Checkout, steps: Vec<Step>) -> ExitCode {
    let started = Instant::now();
    let mut ready = prepare(checkout);
    let mut done = vec![Done { name: "set up".to_owned(), took: started.elapsed(), tally: Tally::default() }];
    let may_leave_out = !ready.is_root && std::env::var_os("CI").is_none();
    for step in steps {
        if step.as_root && may_leave_out {
            ready.missing.push(format!("`{}` is for root", step.name));
            continue;
        }
        done.push(run_step(step, &ready));
    }
    // What was left out is said last too, where it is read.
    for missing in &ready.missing {
        eprintln!("warning: tests were left out: {missing}");
    }
    summarize(&done)
}

fn run_step(step: Step, ready: &Ready) -> Done {
    let started = Instant::now();
    let args: Vec<_> = step.args.iter().map(String::as_str).collect();
    println!("\n==> {}: cargo {}", step.name, args.join(" "));
    let mut command = cargo(&step.directory, args);
    command.stdin(Stdio::null()).envs(step.env).envs(ready.env.iter().map(|(name, value)| (name, value)));
    let tally = match watch(&mut command) {
        Ok((success, counted)) => verdict(success, counted),
        Err(error) => {
            eprintln!("error: can't run cargo: {error}");
            verdict(false, None)
        }
    };
    Done { name: step.name, took: started.elapsed(), tally }
}

/// Runs a command, passes its stdout on, and counts the test results in it.
fn watch(command: &mut Command) -> io::Result<(bool, Option<Tally>)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut counted = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line?;
            counted = Tally::of_line(&String::from_utf8_lossy(&line))
                .into_iter()
                .chain(counted)
                .reduce(Tally::plus);
            let mut out = io::stdout().lock();
            out.write_all(&line).and_then(|()| out.write_all(b"\n"))?;
        }
    }
    Ok((child.wait()?.success(), counted))
}

fn summarize(done: &[Done]) -> ExitCode {
    let total = done.iter().map(|step| step.tally).fold(Tally::default(), Tally::plus);
    println!();
    for Done { name, took, tally } in done {
        let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
        println!("{:>7.1} s  {name}: {verdict}", took.as_secs_f64());
    }
    println!("{total}");
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
