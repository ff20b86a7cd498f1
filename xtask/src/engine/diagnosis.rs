//! Why an engine failed, read from what it and the programs in it said. A phrase is matched where its
//! program prints it in every locale that builds run in; what is not known is told as it is.

use std::fmt;

use super::Program;

/// The cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    DiskFull,
    NotPermitted,
    Runtime { name: String },
    NoSuchPackage { package: String },
    Repository { name: Option<String> },
    Signature { package: Option<String> },
    Conflict,
    Scriptlet { package: Option<String> },
    NotInImage { program: String },
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
        known(disk)
            .or_else(|| known(repository))
            .or_else(|| known(package))
            .or_else(|| known(named_signature))
            .or_else(|| known(signature))
            .or(scriptlet)
            .or_else(|| known(conflict))
            .or_else(|| known(not_in_image))
            .or_else(|| known(runtime))
            .or_else(|| known(permission))
            .or_else(|| Some(Self::Step { step: said.iter().rev().find_map(|line| step(line)) }))
    }

    /// One line to paste.
    pub(super) fn help(&self, program: Program) -> Option<String> {
        Some(match self {
            Self::DiskFull => format!("run `{program} system df`, and free some of it; or set TMPDIR to a larger disk"),
            Self::NotPermitted => {
                "run as root, or set up rootless containers: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`".to_owned()
            }
            Self::Runtime { .. } => {
                "write `runtime = \"runc\"` under `[engine]` in containers.conf, or install `crun`".to_owned()
            }
            Self::NoSuchPackage { .. } => {
                "check its name and the repositories; for one that `lapstrake.lock` pins, run `cargo xtask image lock --update`".to_owned()
            }
            Self::Repository { .. } => "check the network and the repository's URL".to_owned(),
            Self::Signature { .. } => "give the repository its key: `.gpg_key(asset!(\"deploy/RPM-GPG-KEY\"))`".to_owned(),
            Self::Scriptlet { .. } => "a package must not start services or write to /var while an image is built; mend or replace it".to_owned(),
            Self::NotInImage { .. } => "install its package in this layer or one below".to_owned(),
            Self::Conflict | Self::Step { .. } => return None,
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
            Self::Runtime { name } => write!(f, "the OCI runtime `{name}` does not work here"),
            Self::NoSuchPackage { package } => write!(f, "no repository has package `{package}`"),
            Self::Repository { name } => {
                named(f, "repository", name)?;
                f.write_str(" can't be reached")
            }
            Self::Signature { package } => {
                named(f, "package", package)?;
                f.write_str(" is not signed by a key that the image trusts")
            }
            Self::Conflict => f.write_str("the packages can't be installed together"),
            Self::Scriptlet { package } => {
                f.write_str("a scriptlet of ")?;
                named(f, "package", package)?;
                f.write_str(" failed")
            }
            Self::NotInImage { program } => write!(f, "the image has no program `{program}`"),
            Self::Step { step: Some(step) } => write!(f, "step `{step}` failed"),
            Self::Step { step: None } => f.write_str("the build failed"),
        }
    }
}

fn disk(line: &str) -> Option<Diagnosis> {
    let full =
        line.to_lowercase().contains("no space left on device") || line.contains("needs more space on the");
    full.then_some(Diagnosis::DiskFull)
}

fn package(line: &str) -> Option<Diagnosis> {
    // dnf, dnf5, microdnf.
    let after = ["Unable to find a match: ", "No match for argument: ", "No package matches '"]
        .into_iter()
        .find_map(|phrase| line.split_once(phrase))?
        .1;
    let package = after.split([' ', '\'']).next().unwrap_or(after).to_owned();
    Some(Diagnosis::NoSuchPackage { package })
}

fn repository(line: &str) -> Option<Diagnosis> {
    if let Some((_, rest)) = line.split_once("Failed to download metadata for repo '") {
        return Some(Diagnosis::Repository { name: rest.split('\'').next().map(str::to_owned) });
    }
    let unreachable = [
        "Could not resolve host",
        "Cannot download repomd.xml",
        "Couldn't connect to server",
        "Could not resolve hostname",
    ];
    unreachable.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::Repository { name: None })
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
    let conflicts = ["conflicting requests", "Problem: ", "Error: Transaction test error"];
    conflicts.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::Conflict)
}

fn not_in_image(line: &str) -> Option<Diagnosis> {
    let missing = line.contains("executable file not found in $PATH")
        || line.contains("exec: \"") && line.contains("no such file or directory")
        || line.contains("executable file `");
    if missing { program_of(line).map(|program| Diagnosis::NotInImage { program }) } else { None }
}

fn program_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("exec: \"").or_else(|| line.split_once("executable file `"))?;
    rest.split(['"', '`']).next().map(str::to_owned)
}

fn runtime(line: &str) -> Option<Diagnosis> {
    let broken = [
        "default OCI runtime",
        "unknown cgroup version",
        "error setting rlimit",
        "is not supported in rootless",
        "cgroup v2",
    ];
    if !broken.iter().any(|phrase| line.contains(phrase)) {
        return None;
    }
    let name = ["crun", "runc", "youki", "runsc", "kata"].into_iter().find(|name| line.contains(name));
    Some(Diagnosis::Runtime { name: name.unwrap_or("default").to_owned() })
}

fn permission(line: &str) -> Option<Diagnosis> {
    let refused = [
        "newuidmap",
        "newgidmap",
        "cannot clone: ",
        "user namespaces",
        "insufficient UIDs",
        "Operation not permitted",
        "operation not permitted",
        "permission denied",
    ];
    refused.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::NotPermitted)
}

/// The step that podman names when it gives up: `Error: building at STEP "RUN …": …`.
fn step(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("STEP \"")?;
    rest.split_once("\":").map(|(step, _)| step.to_owned())
}
