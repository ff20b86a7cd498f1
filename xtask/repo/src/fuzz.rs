//! `cargo xtask fuzz` runs libFuzzer on the parsers of untrusted bytes. It starts from the committed corpus and runs for
//! a bounded time. It ends at the first input that panics or takes too much time or memory, and prints its path.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::{cargo, forget};

/// The flags with which libFuzzer sees the branches that an input takes; `cargo fuzz` sets the same.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// The default time of all targets together, in seconds.
const SECONDS: u64 = 60;
/// The limits of one input: seconds, and MiB of memory.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=1024"];
/// The longest input, in bytes.
const LONGEST: &str = "-max_len=32768";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The arguments `[TARGET]... [--seconds N]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fuzz {
    /// Empty for all targets.
    targets: Vec<String>,
    seconds: u64,
}

impl Fuzz {
    /// Parses the arguments. An error is a sentence for the user.
    pub(crate) fn parse(args: &[String]) -> std::result::Result<Self, String> {
        let mut fuzz = Self { targets: Vec::new(), seconds: SECONDS };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--seconds" {
                let seconds = args.next().and_then(|seconds| seconds.parse().ok()).filter(|most| *most > 0);
                fuzz.seconds = seconds.ok_or("`--seconds` takes a number of seconds")?;
            } else if arg.starts_with('-') {
                return Err(format!("`fuzz` has no option `{arg}`"));
            } else {
                fuzz.targets.push(arg.clone());
            }
        }
        Ok(fuzz)
    }

    /// Fuzzes each target for its share of the time.
    pub(crate) fn run(&self, root: &Utf8Path) -> Result<ExitCode> {
        let fuzz = root.join("xtask").join("fuzz");
        let corpora = fuzz.join("corpus");
        let mut known = Vec::new();
        for entry in corpora.read_dir_utf8()? {
            known.push(entry?.file_name().to_owned());
        }
        known.sort();
        if let Some(wrong) = self.targets.iter().find(|target| !known.contains(target)) {
            return Err(format!("unknown target `{wrong}`; the targets are {}", known.join(", ")).into());
        }
        let targets = if self.targets.is_empty() { &known } else { &self.targets };
        let seconds = (self.seconds / targets.len() as u64).max(1);
        let program = build(&fuzz, root)?;
        let mut failed = false;
        for target in targets {
            failed |= !run_target(&program, target, seconds, &corpora, root)?;
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn build(fuzz: &Utf8Path, root: &Utf8Path) -> Result<Utf8PathBuf> {
    // A folder of its own, because its flags differ from those of other builds.
    let target = root.join("target").join("fuzz");
    let arguments =
        ["build", "--profile", "fuzz", "--target", "host-tuple", "--message-format=json-render-diagnostics"];
    let mut command = cargo(fuzz, arguments);
    let own = std::env::var_os("RUSTFLAGS").unwrap_or_default();
    let flags: OsString = [own, " ".into(), COVERAGE.into()].into_iter().collect();
    command.arg("--target-dir").arg(&target).env("RUSTFLAGS", flags).stderr(Stdio::inherit());
    let built = command.output()?;
    if !built.status.success() {
        return Err("the fuzzer does not compile".into());
    }
    let messages = String::from_utf8(built.stdout)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter_map(|message| message["executable"].as_str().map(Utf8PathBuf::from));
    Ok(programs.next_back().ok_or("cargo built no fuzzer")?)
}

/// Runs one target, and returns whether it handled every input.
fn run_target(
    program: &Utf8Path,
    target: &str,
    seconds: u64,
    corpora: &Utf8Path,
    root: &Utf8Path,
) -> Result<bool> {
    let work = root.join("target").join("fuzz").join("work").join(target);
    let found = work.join("corpus");
    fs::create_dir_all(&found)?;
    eprintln!("fuzzing {target} for {seconds} s");
    let mut command = Command::new(program);
    forget(&mut command);
    command.env("FUZZ_TARGET", target).args(LIMITS).args([LONGEST, "-print_final_stats=1", "-verbosity=0"]);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={work}/"));
    // New inputs are written to the first folder, where the next run starts.
    let output = command.args([&found, &corpora.join(target)]).stdin(Stdio::null()).output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        let runs = log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        eprintln!("  {} inputs without a failure", runs.unwrap_or(" unknown").trim());
        return Ok(true);
    }
    eprintln!("{log}");
    eprintln!("error: `{target}` fails on the input that is named above");
    eprintln!("  help: fix the parser, and add the input to `xtask/fuzz/corpus/{target}/`");
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_their_time_are_parsed() {
        let parse =
            |args: &[&str]| Fuzz::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Ok(Fuzz { targets: vec![], seconds: 60 }));
        let some = Fuzz { targets: vec!["elf".to_owned(), "tar".to_owned()], seconds: 5 };
        assert_eq!(parse(&["elf", "--seconds", "5", "tar"]), Ok(some));
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--seconds", "long"], &["--jobs"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
