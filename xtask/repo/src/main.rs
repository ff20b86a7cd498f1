//! The tasks of this repository, `cargo xtask …` at its root. They work on the repository itself; the commands of
//! a user are in `lapstrake-xtask`, and are only run from here.

mod bench;
mod cargo;
mod checkout;
mod drill;
mod fixtures;
mod fuzz;
mod image;
mod mutate;
mod project;
mod report;
mod test;
#[cfg(test)]
mod tidy;

use std::process::ExitCode;

use checkout::Checkout;
use report::report;

const USAGE: &str = "\
usage: cargo xtask <TASK>

  image …          run `cargo xtask image …` of every example, or of those that have the named images
  test             install what the tests need, then check and test everything
  test -- ARGS     install what the tests need, then run `cargo test ARGS` of the workspace
  fixtures [PART]...
                   make real parts for the tests: base, rpms, builder, podman5; print the path of each
  fixtures run-podman5 DIR -- ARGS
                   run the podman 5 of the fixtures in a folder, with these arguments
  bench [GROUP]... measure the tool beside cargo and podman, print every figure, and fail on a missed bar;
                   groups are checks, binary, variants, asset, files, cold-build
  drill [--kills N] [--crowds N] [--disks N]
                   kill builds in each phase, start several at once, and fill their disk; the next build must be right
  fuzz [TARGET]... [--seconds N]
                   run libFuzzer on the parsers of untrusted bytes, 60 seconds in all
  mutate           break the layer writer in a dozen ways; the tests must notice each
  mutate caches    damage every kind of file in the store and the cache; the next build must notice each";

fn main() -> ExitCode {
    let mut args = Vec::new();
    for arg in std::env::args_os().skip(1) {
        match arg.into_string() {
            Ok(arg) => args.push(arg),
            Err(arg) => return wrong_usage(&format!("`{}` is not UTF-8", arg.display())),
        }
    }
    match Checkout::find() {
        Ok(checkout) => run(&checkout, &args),
        Err(error) => report(&error, None, 1),
    }
}

fn run(checkout: &Checkout, args: &[String]) -> ExitCode {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["image", rest @ ..] => image::run(checkout, &owned(rest)),
        ["test"] => test::run(checkout),
        ["test", "--", rest @ ..] => test::run_only(checkout, &owned(rest)),
        ["bench", names @ ..] => match bench::Group::parse(names) {
            Ok(groups) => finish(bench::bench(checkout, &groups)),
            Err(problem) => wrong_usage(&problem),
        },
        ["mutate"] => finish(mutate::writer(&checkout.root, &test::prepare(checkout))),
        ["mutate", "caches"] => finish(mutate::caches(&checkout.root, &test::prepare(checkout))),
        ["drill", rest @ ..] => match drill::Drill::parse(&owned(rest)) {
            Ok(drill) => finish(drill.run(&checkout.root, &test::prepare(checkout))),
            Err(problem) => wrong_usage(&problem),
        },
        ["fuzz", rest @ ..] => match fuzz::Fuzz::parse(&owned(rest)) {
            Ok(fuzz) => finish(fuzz.run(&checkout.root)),
            Err(problem) => wrong_usage(&problem),
        },
        ["fixtures", rest @ ..] => match fixtures::Fixtures::parse(&owned(rest)) {
            Ok(fixtures) => fixtures.run(checkout),
            Err(problem) => wrong_usage(&problem),
        },
        ["help" | "--help" | "-h", ..] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        ["test", arg, ..] => {
            wrong_usage(&format!("unexpected argument `{arg}` of `test`; arguments of cargo follow `--`"))
        }
        ["mutate", arg, ..] => wrong_usage(&format!("unexpected argument `{arg}` of `mutate`")),
        [task, ..] => wrong_usage(&format!("unknown task `{task}`")),
        [] => wrong_usage("a task is required"),
    }
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

fn finish(result: Result<ExitCode, Box<dyn std::error::Error>>) -> ExitCode {
    result.unwrap_or_else(|error| report(&*error, None, 1))
}

fn wrong_usage(problem: &str) -> ExitCode {
    eprintln!("error: {problem}\n\n{USAGE}");
    ExitCode::from(2)
}
