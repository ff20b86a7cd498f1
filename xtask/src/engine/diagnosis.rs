//! Why an engine failed, read from what it and the programs in it said. A phrase is matched where its
//! program prints it in every locale that builds run in; what is not known is told as it is. What a
//! step prints is never taken for the engine's own word.

use std::fmt;

use super::Program;
use super::refusal::{Refused, refused};

/// The cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    DiskFull,
    NotPermitted,
    NoIds,
    Runtime { name: String },
    NoSuchPackage { package: String },
    Repository { name: Option<String> },
    NoRepository,
    NoKey { repository: String },
    NotDownloaded { what: String },
    Signature { package: Option<String> },
    Conflict { problem: Option<String> },
    Scriptlet { package: Option<String> },
    NotInImage { program: String },
    NotExecutable { program: String },
    Step { step: Option<String> },
}

impl Diagnosis {
    /// What a talk says; none where all went well. A scriptlet that fails does not fail the transaction,
    /// and is told all the same: its package is half-installed.
    pub(crate) fn of(said: &[String], succeeded: bool) -> Option<Self> {
        // The runtime's own words come quoted in the engine's.
        let said: Vec<String> = said.iter().map(|line| line.replace("\\\"", "\"")).collect();
        let scriptlet = said.iter().find_map(|line| scriptlet(line));
        if succeeded {
            return scriptlet;
        }
        let known = |read: fn(&str) -> Option<Self>| said.iter().rev().find_map(|line| read(line));
        // An engine without a user namespace says that there is no space left on the device, and it says so
        // before anything is run.
        let mut before =
            said.iter().take_while(|line| !(line.starts_with("STEP ") && line.contains(": RUN ")));
        // Of a user without ids whom newuidmap refused, that is the cause.
        before
            .find_map(|line| permission(line))
            .or_else(|| known(disk))
            .or_else(|| known(repository))
            .or_else(|| known(no_key))
            .or_else(|| known(package))
            .or_else(|| known(download))
            .or_else(|| known(named_signature))
            .or_else(|| known(signature))
            .or(scriptlet)
            .or_else(|| known(conflict))
            .or_else(|| known(runtime))
            .or_else(|| known(not_executable))
            .or_else(|| {
                Some(Self::Step { step: said.iter().rev().find_map(|line| step(line)).map(str::to_owned) })
            })
    }

    /// One line to paste.
    pub(super) fn help(&self, program: Program) -> Option<String> {
        Some(match self {
            Self::DiskFull => {
                let shown = match program {
                    Program::Podman => "podman system df",
                    Program::Buildah => "buildah images",
                };
                format!("run `{shown}`, and free some of it; or set TMPDIR to a larger disk")
            }
            Self::NotPermitted => {
                "run as root, or let users have namespaces: `sysctl user.max_user_namespaces=28633`, and newuidmap with its setuid bit".to_owned()
            }
            Self::NoIds => {
                "run as root, or give the user ids: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, then `podman system migrate`".to_owned()
            }
            Self::Runtime { .. } => {
                "write `runtime = \"runc\"` or `\"crun\"`, whichever is installed, under `[engine]` in containers.conf".to_owned()
            }
            Self::NoSuchPackage { .. } => {
                "check its name and the repositories; for one that `lapstrake.lock` pins, run `cargo xtask image lock --update`".to_owned()
            }
            Self::Repository { .. } => "check the network and the repository's URL".to_owned(),
            Self::NoRepository => {
                "put a `.repo` file into /etc/yum.repos.d, in this layer or one below".to_owned()
            }
            Self::NotDownloaded { .. } => {
                "check the network; a repository that changed meanwhile wants its metadata made anew".to_owned()
            }
            Self::Signature { .. } | Self::NoKey { .. } => "give the repository its key: `.gpg_key(asset!(\"deploy/RPM-GPG-KEY\"))`".to_owned(),
            Self::Scriptlet { .. } => "a package must not start services or write to /var while an image is built; mend or replace it".to_owned(),
            Self::NotInImage { .. } => "install its package in this layer or one below".to_owned(),
            Self::NotExecutable { .. } => {
                "give it mode 0755, and build it for the architecture of the base".to_owned()
            }
            Self::Conflict { .. } => {
                "leave one of them out, or ask for a version that the others accept".to_owned()
            }
            Self::Step { .. } => return None,
        })
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |f: &mut fmt::Formatter<'_>, what: &str, name: &Option<String>| match name {
            Some(name) => write!(f, "{what} `{name}`"),
            None => write!(f, "a {what}"),
        };
        match self {
            Self::DiskFull => f.write_str("the disk is full"),
            Self::NotPermitted => f.write_str("containers are not permitted here"),
            Self::NoIds => f.write_str("this user has no ids for the owners of the image's files"),
            Self::Runtime { name } => write!(f, "the OCI runtime `{name}` does not work here"),
            Self::NoSuchPackage { package } => write!(f, "no repository has package `{package}`"),
            Self::Repository { name } => {
                named(f, "repository", name)?;
                f.write_str(" can't be reached")
            }
            Self::NoRepository => f.write_str("the image has no repository that is enabled"),
            Self::NoKey { repository } => {
                write!(f, "repository `{repository}` has no key by which its packages could be checked")
            }
            Self::NotDownloaded { what } => write!(f, "`{what}` can't be downloaded"),
            Self::Signature { package } => {
                named(f, "package", package)?;
                f.write_str(" is not signed by a key that the image trusts")
            }
            Self::Conflict { problem } => {
                f.write_str("the packages can't be installed together")?;
                problem.iter().try_for_each(|problem| write!(f, ": {problem}"))
            }
            Self::Scriptlet { package } => {
                f.write_str("a scriptlet of ")?;
                named(f, "package", package)?;
                f.write_str(" failed")
            }
            Self::NotInImage { program } => write!(f, "the image has no program `{program}`"),
            Self::NotExecutable { program } => write!(f, "`{program}` of the image can't be executed"),
            Self::Step { step: Some(step) } => write!(f, "step `{step}` failed"),
            Self::Step { step: None } => f.write_str("the build failed"),
        }
    }
}

fn disk(line: &str) -> Option<Diagnosis> {
    let phrases = ["no space left on device", "more space on the ", "more space needed on the "];
    let line = line.to_lowercase();
    phrases.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::DiskFull)
}

fn package(line: &str) -> Option<Diagnosis> {
    // dnf, dnf5, microdnf.
    let after = ["Unable to find a match: ", "No match for argument: ", "No package matches '"]
        .into_iter()
        .find_map(|phrase| line.split_once(phrase))?
        .1;
    let package =
        after.split([' ', '\'']).take_while(|word| !word.is_empty()).collect::<Vec<_>>().join("`, `");
    Some(Diagnosis::NoSuchPackage { package })
}

fn repository(line: &str) -> Option<Diagnosis> {
    if let Some((_, rest)) = line.split_once("Failed to download metadata for repo '") {
        return Some(Diagnosis::Repository { name: rest.split('\'').next().map(str::to_owned) });
    }
    if line.contains("There are no enabled repositories") {
        return Some(Diagnosis::NoRepository);
    }
    let unreachable = [
        "Could not resolve host",
        "Cannot download repomd.xml",
        "Couldn't connect to server",
        "Could not resolve hostname",
    ];
    unreachable.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::Repository { name: None })
}

/// dnf shows the repository in full: `Problem repository: [NAME]`, and its settings.
fn no_key(line: &str) -> Option<Diagnosis> {
    let name = line.strip_prefix("Problem repository: ")?.trim_matches(['[', ']', ' ']);
    Some(Diagnosis::NoKey { repository: name.to_owned() })
}

/// A package, or a repository's key.
fn download(line: &str) -> Option<Diagnosis> {
    let package = line.split_once(": Cannot download, all mirrors").map(|(package, _)| package.trim());
    let package = package.or_else(|| {
        line.strip_prefix("Package \"")?.strip_suffix("\" has incorrect checksum")?.split('"').next()
    });
    // `Curl error (37): WHY for URL [DETAIL]`
    let url = || line.strip_prefix("Curl error (")?.split_once(" for ")?.1.split(' ').next();
    let what = package.or_else(url)?.to_owned();
    Some(Diagnosis::NotDownloaded { what })
}

fn signature(line: &str) -> Option<Diagnosis> {
    let untrusted =
        ["is not signed", "GPG check FAILED", "Public key for ", "No corresponding key was found"];
    if !untrusted.iter().any(|phrase| line.contains(phrase)) {
        return None;
    }
    let package = line.split_whitespace().find(|word| word.contains(".rpm")).map(str::to_owned);
    Some(Diagnosis::Signature { package })
}

fn named_signature(line: &str) -> Option<Diagnosis> {
    signature(line).filter(|known| *known != Diagnosis::Signature { package: None })
}

fn scriptlet(line: &str) -> Option<Diagnosis> {
    if !line.contains("scriptlet failed") && !line.contains("Error in PRE") && !line.contains("Error in POST")
    {
        return None;
    }
    // `warning: %post(NAME-1.0-1.noarch) scriptlet failed`, `Error in POSTIN scriptlet in rpm package NAME`
    let in_brackets = line.split_once('(').and_then(|(_, rest)| rest.split(')').next());
    let last = line.split_once("rpm package ").map(|(_, rest)| rest.trim());
    Some(Diagnosis::Scriptlet { package: last.or(in_brackets).map(str::to_owned) })
}

fn conflict(line: &str) -> Option<Diagnosis> {
    if let Some((_, problem)) = line.split_once("Problem: ") {
        return Some(Diagnosis::Conflict { problem: Some(problem.to_owned()) });
    }
    line.contains("Error: Transaction test error").then_some(Diagnosis::Conflict { problem: None })
}

/// That no program was started: by the runtime, or for want of one.
fn runtime(line: &str) -> Option<Diagnosis> {
    Some(match refused(line)? {
        Refused::Runtime { name } => Diagnosis::Runtime { name },
        Refused::Missing { program } => Diagnosis::NotInImage { program },
        Refused::NotExecutable { program } => Diagnosis::NotExecutable { program },
    })
}

/// A program that the kernel refuses: runc has become it, and says so in its stead.
fn not_executable(line: &str) -> Option<Diagnosis> {
    let (_, rest) = line.split_once("exec ")?;
    let program = rest.strip_suffix(": exec format error")?;
    Some(Diagnosis::NotExecutable { program: program.to_owned() })
}

fn permission(line: &str) -> Option<Diagnosis> {
    let no_ids = ["insufficient UIDs", "error setting ownership of"];
    if no_ids.iter().any(|phrase| line.contains(phrase)) && line.contains("lchown") {
        return Some(Diagnosis::NoIds);
    }
    let refused = [
        "cannot clone: ",
        "Error during unshare(",
        "cannot set up namespace",
        "newuidmap: ",
        "newgidmap: ",
        "exec: \"newuidmap\"",
        "exec: \"newgidmap\"",
    ];
    refused.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::NotPermitted)
}

/// The step that podman names when it gives up: `Error: building at STEP "RUN …": …`.
pub(super) fn step(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("STEP \"")?;
    rest.split_once("\":").map(|(step, _)| step)
}
