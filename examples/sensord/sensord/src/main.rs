//! `sensord`: samples /proc, and hands the last sample to whoever connects to its socket. This file
//! turns the command line into one of the two things it does, and the result into an exit code.

mod args;
mod config;
mod history;
mod report;
mod sample;
mod serve;
mod service;
mod source;

use std::process::ExitCode;

use args::{Args, USAGE};
use config::Config;

/// The command line was wrong.
const EX_USAGE: u8 = 2;
/// The config is wrong: systemd shows this code as `CONFIG`, and the unit does not restart on it.
const EX_CONFIG: u8 = 78;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            report::error(&error);
            eprintln!("{USAGE}");
            return ExitCode::from(EX_USAGE);
        }
    };
    if args.help {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let config = match Config::read(&args.config) {
        Ok(config) => config,
        Err(error) => {
            report::error(&error);
            return ExitCode::from(EX_CONFIG);
        }
    };
    if args.check_config {
        println!("{}: ok", args.config.display());
        return ExitCode::SUCCESS;
    }
    match service::run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    }
}
