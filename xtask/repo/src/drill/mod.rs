//! `cargo xtask drill` disturbs builds of a small workspace: it kills them in each phase, starts several at once, and
//! fills their disk. After each disturbance the next build must make the same image as a build that nothing disturbed,
//! leave nothing behind, and lose no pin.

mod crowds;
mod debris;
mod disks;
mod kills;
mod random;
mod workshop;

use std::process::ExitCode;
use std::time::Instant;

use camino::Utf8Path;

use crate::test::Ready;
use random::Random;
use workshop::Workshop;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The arguments `[--kills N] [--crowds N] [--disks N]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drill {
    kills: u64,
    crowds: u64,
    disks: u64,
}

impl Default for Drill {
    fn default() -> Self {
        Self { kills: 120, crowds: 60, disks: 60 }
    }
}

impl Drill {
    /// Parses the arguments. An error is a sentence for the user.
    pub(crate) fn parse(args: &[String]) -> std::result::Result<Self, String> {
        let mut drill = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let count = match arg.as_str() {
                "--kills" => &mut drill.kills,
                "--crowds" => &mut drill.crowds,
                "--disks" => &mut drill.disks,
                other => return Err(format!("`drill` has no option `{other}`")),
            };
            let number = args.next().and_then(|number| number.parse().ok());
            *count = number.ok_or_else(|| format!("`{arg}` takes a number"))?;
        }
        Ok(drill)
    }

    /// Runs the rounds in `target/drill`, and prints what was done and what was wrong.
    pub(crate) fn run(&self, root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
        let started = Instant::now();
        let mut workshop = Workshop::create(root, ready)?;
        if !workshop.has_engine {
            missing("podman or busybox is missing, or this is not root: no engine is killed")?;
        }
        println!("{} s to build everything once", started.elapsed().as_secs());
        let mut random = Random::of_seed(12);
        let kills = kills::run(&workshop, self.kills, &mut random)?;
        let crowds = crowds::run(&workshop, self.crowds, &mut random)?;
        let disks = if ready.is_root {
            disks::run_all(&mut workshop, self.disks, &mut random)?
        } else {
            missing("a disk can be filled by root only")?;
            disks::Disks::default()
        };
        let killed: u64 = kills.phases.values().sum();
        println!("\n{killed} kills, {} of them with all processes of the build:", kills.with_engine);
        for (phase, count) in &kills.phases {
            println!("  {:<9} {count}", format!("{phase:?}").to_lowercase());
        }
        println!("{} crowds of {} builds, {} beside `gc`", self.crowds, crowds.builds, crowds.beside_gc);
        println!("{} full disks, and {} with enough space", disks.full, disks.enough);
        let faults = kills.faults + crowds.faults + disks.faults;
        println!("{faults} faults in {} s", started.elapsed().as_secs());
        Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Reports that a part is left out, which is an error under CI.
fn missing(what: &str) -> Result<()> {
    if std::env::var_os("CI").is_some() {
        return Err(format!("{what}, and under CI nothing is left out").into());
    }
    println!("{what}");
    Ok(())
}

/// Prints what was wrong in a round, and every tenth round how far they are.
fn progress(what: &str, (round, count): (u64, u64), wrong: &[String]) {
    for fault in wrong {
        println!("wrong: {fault}");
    }
    if (round + 1).is_multiple_of(10) || round + 1 == count {
        println!("{what}: {} of {count}", round + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::Drill;

    #[test]
    fn counts_are_parsed() {
        let parse =
            |args: &[&str]| Drill::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Ok(Drill { kills: 120, crowds: 60, disks: 60 }));
        let some = parse(&["--kills", "12", "--crowds", "6", "--disks", "0"]);
        assert_eq!(some, Ok(Drill { kills: 12, crowds: 6, disks: 0 }));
        for wrong in [&["--kills"][..], &["--kills", "many"], &["--rounds", "1"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
