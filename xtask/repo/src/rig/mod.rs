//! `cargo xtask rig`: real parts for the tests, made on this machine out of packages of its registries: a
//! base that boots, RPMs for it, an image that compiles, a newer podman. Each is made once and again when its
//! recipe changes; nothing here knows what the tests do with it.

mod base;
mod builder;
mod debian;
mod error;
mod layout;
mod part;
mod podman5;
mod program;
mod rpms;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use camino::Utf8PathBuf;

use crate::checkout::Checkout;
use crate::complaint::complain;
use crate::test::prepare;
use error::RigError;
use part::{Part, Place};

/// In the order in which they are waited for.
const PARTS: [Part; 4] = [base::PART, rpms::PART, builder::PART, podman5::PART];

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rig {
    /// Parts by name; all, where none is named.
    Make(Vec<String>),
    /// The newer podman in a folder, with these arguments.
    Podman5 { directory: Utf8PathBuf, args: Vec<String> },
}

impl Rig {
    /// What the arguments ask for; an error is a sentence for the user.
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        match args {
            [run, directory, dashes, args @ ..] if run == "run-podman5" && dashes == "--" => {
                Ok(Self::Podman5 { directory: directory.into(), args: args.to_vec() })
            }
            [run, ..] if run == "run-podman5" => {
                Err("`rig run-podman5` takes a folder, `--`, and arguments of podman".to_owned())
            }
            names => {
                let wrong = names.iter().find(|name| PARTS.iter().all(|part| part.name != name.as_str()));
                match wrong {
                    Some(wrong) => Err(format!(
                        "there is no part `{wrong}`; there are {}",
                        PARTS.map(|p| p.name).join(", ")
                    )),
                    None => Ok(Self::Make(names.to_vec())),
                }
            }
        }
    }

    /// Does it; what it gives on stdout is where each part is.
    pub(crate) fn run(&self, checkout: &Checkout) -> ExitCode {
        let place = Place::in_target(&checkout.root.join("target"));
        let done = match self {
            Self::Make(names) => {
                make(checkout, &place, |part| names.is_empty() || names.iter().any(|name| name == part.name))
                    .and_then(|made| print(&made))
            }
            Self::Podman5 { directory, args } => {
                make(checkout, &place, |part| part.name == podman5::PART.name)
                    .and_then(|_| Err(podman5::run(&place, directory, args)))
            }
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error, error.help(), 1),
        }
    }
}

/// Makes what is wanted and not there: where each part is that is wanted.
fn make(
    checkout: &Checkout,
    place: &Place,
    wanted: impl Fn(&Part) -> bool,
) -> Result<Vec<Utf8PathBuf>, RigError> {
    let wanted: Vec<_> = PARTS.into_iter().filter(wanted).collect();
    let _lock = place.lock()?;
    let absent: Vec<_> = wanted.iter().filter(|part| !place.has(part)).collect();
    if !absent.is_empty() {
        if program::read("id", ["-u"])?.trim() != "0" {
            return Err(RigError::NotRoot);
        }
        prepare(checkout);
    }
    for part in absent {
        let started = Instant::now();
        eprintln!("==> {}", part.name);
        place.make(part)?;
        eprintln!("{:>7.1} s  {}", started.elapsed().as_secs_f64(), part.name);
    }
    Ok(wanted.iter().map(|part| place.of(part.name)).collect())
}

fn print(paths: &[Utf8PathBuf]) -> Result<(), RigError> {
    let mut out = io::stdout().lock();
    paths.iter().try_for_each(|path| writeln!(out, "{path}")).map_err(RigError::Print)
}

#[cfg(test)]
mod tests {
    use super::Rig;

    fn parse(args: &[&str]) -> Result<Rig, String> {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Rig::parse(&args)
    }

    #[test]
    fn parts_are_named() {
        assert_eq!(parse(&[]), Ok(Rig::Make(Vec::new())));
        assert_eq!(parse(&["rpms", "base"]), Ok(Rig::Make(vec!["rpms".to_owned(), "base".to_owned()])));
        assert_eq!(
            parse(&["base", "bass"]),
            Err("there is no part `bass`; there are base, rpms, builder, podman5".to_owned())
        );
    }

    #[test]
    fn podman_gets_all_that_follows_the_dashes() {
        let args = ["build", "--", "."].map(str::to_owned).to_vec();
        assert_eq!(
            parse(&["run-podman5", "context", "--", "build", "--", "."]),
            Ok(Rig::Podman5 { directory: "context".into(), args })
        );
        parse(&["run-podman5", "context", "build"]).unwrap_err();
        parse(&["run-podman5"]).unwrap_err();
    }
}
