//! This repository's own tasks, `cargo xtask …` at its root. What is here works on the repository; what a
//! user gets is in `lapstrake-xtask`, and is only called from here.

mod bench;
mod cargo;
mod checkout;
mod complaint;
mod fuzz;
mod image;
mod mutate;
mod rig;
mod test;

use std::process::ExitCode;

use checkout::Checkout;
use complaint::complain;

const USAGE: &str = "\
usage: cargo xtask <TASK>

  image …          run `cargo xtask image …` of every example, or of those that have the images named
  test             set up what the tests need, then check and test everything
  test -- ARGS     set up what the tests need, then `cargo test ARGS` of the workspace
  rig [PART]...    make real parts for the tests: base, rpms, builder, podman5; prints where each is
  rig run-podman5 DIR -- ARGS
                   the rig's podman 5 in a folder, with these arguments
  bench            measure the tool beside cargo and podman, and print every number
  fuzz [TARGET]... [--seconds N]
                   libFuzzer on what reads bytes that anybody may have written, 60 seconds in all
  mutate           break the layer writer in a dozen ways; the tests must see each";

fn main() -> ExitCode {
    let mut args = Vec::new();
    for arg in std::env::args_os().skip(1) {
        match arg.into_string() {
            Ok(arg) => args.push(arg),
            Err(arg) => return wrong_usage(&format!("`{}` is not UTF-8", arg.display())),
        }
    }
    let checkout = match Checkout::find() {
        Ok(checkout) => checkout,
        Err(error) => return complain(&error, None, 1),
    };
    match args.split_first().map(|(task, rest)| (task.as_str(), rest)) {
        Some(("image", rest)) => image::run(&checkout, rest),
        Some(("test", [])) => test::run(&checkout),
        Some(("test", [dashes, rest @ ..])) if dashes == "--" => test::run_only(&checkout, rest),
        Some(("bench", [])) => finish(bench::bench(&checkout.root, &test::prepare(&checkout))),
        Some(("mutate", [])) => finish(mutate::mutate(&checkout.root, &test::prepare(&checkout))),
        Some(("fuzz", rest)) => match fuzz::Fuzz::parse(rest) {
            Ok(fuzz) => finish(fuzz.run(&checkout.root)),
            Err(problem) => wrong_usage(&problem),
        },
        Some(("rig", rest)) => match rig::Rig::parse(rest) {
            Ok(rig) => rig.run(&checkout),
            Err(problem) => wrong_usage(&problem),
        },
        Some(("help" | "--help" | "-h", _)) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Some(("test", [arg, ..])) => {
            wrong_usage(&format!("`test` takes no `{arg}`; arguments of cargo follow `--`"))
        }
        Some((task, _)) => wrong_usage(&format!("there is no task `{task}`")),
        None => wrong_usage("which task?"),
    }
}

fn finish(result: Result<ExitCode, Box<dyn std::error::Error>>) -> ExitCode {
    result.unwrap_or_else(|error| complain(&*error, None, 1))
}

fn wrong_usage(problem: &str) -> ExitCode {
    eprintln!("error: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}
