//! Why a program failed, read from what it printed: phrases, the cause they mean, and what to do about it. A
//! phrase is matched as its program prints it in every locale that builds run in. An unknown failure is reported
//! as it is, and the output of a step is never taken for the words of the engine.

mod packages;
mod registry;
mod runtime;
mod signing;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use signing::SIGN_MODULES;
use signing::SigningFault;

/// The cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    DiskFull,
    NotPermitted,
    NoIds,
    Runtime {
        name: String,
    },
    NoSuchImage,
    NotInStorage {
        is_root: bool,
    },
    Unauthorized,
    Unreachable,
    Insecure,
    NoSuchPackage {
        package: String,
    },
    Repository {
        name: Option<String>,
    },
    NoRepository,
    NoKey {
        repository: String,
    },
    NotDownloaded {
        what: String,
    },
    Signature {
        package: Option<String>,
    },
    Conflict {
        problem: Option<String>,
    },
    NotProvided {
        what: String,
        by: String,
    },
    Dangling {
        link: String,
    },
    Scriptlet {
        package: Option<String>,
    },
    Signing(SigningFault),
    NotInImage {
        program: String,
    },
    NotExecutable {
        program: String,
    },
    Step {
        step: Option<String>,
    },
    /// The output says nothing that is known.
    Unknown,
}

/// What a program was doing when it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task<'a> {
    /// An engine built. The command shows what its storage holds.
    Build { list_storage: &'static str },
    /// A program copied the image of that reference.
    Copy { reference: &'a str },
}

impl Diagnosis {
    /// Reads the output of a build. Returns `None` if nothing is wrong. A failed scriptlet does not fail the
    /// transaction, and is an error all the same, because its package is only half installed.
    pub(crate) fn of_build(lines: &[String], succeeded: bool) -> Option<Self> {
        // The words of the OCI runtime are quoted in those of the engine.
        let lines: Vec<String> = lines.iter().map(|line| line.replace("\\\"", "\"")).collect();
        let scriptlet = lines.iter().find_map(|line| packages::scriptlet(line));
        if succeeded {
            return scriptlet;
        }
        let last = |read: fn(&str) -> Option<Self>| lines.iter().rev().find_map(|line| read(line));
        // An engine that gets no user namespace reports that no space is left on the device, before it runs a
        // step.
        let mut before_steps =
            lines.iter().take_while(|line| !(line.starts_with("STEP ") && line.contains(": RUN ")));
        before_steps
            .find_map(|line| runtime::permission(line))
            .or_else(|| last(disk))
            .or_else(|| signing::fault(&lines))
            .or_else(|| last(packages::repository))
            .or_else(|| last(packages::no_key))
            .or_else(|| last(packages::package))
            .or_else(|| last(packages::download))
            .or_else(|| last(packages::named_signature))
            .or_else(|| last(packages::signature))
            .or(scriptlet)
            .or_else(|| last(packages::dangling))
            .or_else(|| last(packages::not_provided))
            .or_else(|| last(packages::conflict))
            .or_else(|| last(runtime::not_started))
            .or_else(|| last(runtime::not_executable))
            .or_else(|| Some(Self::Step { step: failed_step(&lines).map(str::to_owned) }))
    }

    /// Reads what a program printed that failed to copy an image.
    pub(crate) fn of_copy(text: &str) -> Self {
        disk(text).or_else(|| registry::refusal(text)).unwrap_or(Self::Unknown)
    }

    /// Returns one line that can be pasted.
    pub(crate) fn help(&self, task: Task<'_>) -> Option<String> {
        let help = match (self, task) {
            (Self::DiskFull, Task::Build { list_storage }) => {
                return Some(format!(
                    "run `{list_storage}`, and free some of it; or set TMPDIR to a larger disk"
                ));
            }
            (Self::NoSuchImage, Task::Copy { reference }) => return Some(registry::list_tags(reference)),
            (Self::Unauthorized, Task::Copy { reference }) => return Some(registry::login(reference)),
            (Self::Insecure, Task::Copy { reference }) => return Some(registry::without_tls(reference)),
            (Self::NotInStorage { is_root }, Task::Copy { reference }) => {
                return Some(registry::copy_between_storages(reference, *is_root));
            }
            (Self::DiskFull, Task::Copy { .. }) => "free space in the cache (`LAPSTRAKE_CACHE`) and TMPDIR",
            (Self::NotPermitted, _) => {
                "run as root, or let users have namespaces: `sysctl user.max_user_namespaces=28633`, and newuidmap with its setuid bit"
            }
            (Self::NoIds, _) => {
                "run as root, or give the user ids: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, then `podman system migrate`"
            }
            (Self::Runtime { .. }, _) => {
                "write `runtime = \"runc\"` or `\"crun\"`, whichever is installed, under `[engine]` in containers.conf"
            }
            (Self::Unreachable, _) => {
                "check the network; an image that is pinned and in the cache needs no network"
            }
            (Self::NoSuchPackage { .. }, _) => {
                "check its name and the repositories; if `lapstrake.lock` pins it, run `cargo xtask image lock --update`"
            }
            (Self::Repository { .. }, _) => "check the network and the repository's URL",
            (Self::NoRepository, _) => "put a `.repo` file into /etc/yum.repos.d, in this layer or one below",
            (Self::NotDownloaded { .. }, _) => {
                "check the network; run `createrepo_c` again in a repository that has changed"
            }
            (Self::Signature { .. } | Self::NoKey { .. }, _) => {
                "give the repository its key: `.gpg_key(asset!(\"deploy/RPM-GPG-KEY\"))`"
            }
            (Self::Scriptlet { .. }, _) => {
                "fix or replace the package: its scriptlet must not start services or write to /var while an image is built"
            }
            (Self::Signing(fault), _) => return Some(fault.help()),
            (Self::NotInImage { .. }, _) => "install its package in this layer or one below",
            (Self::NotExecutable { .. }, _) => {
                "give it mode 0755, and build it for the architecture of the base"
            }
            (Self::NotProvided { .. }, _) => {
                "add the repository that has it: `.repository(Repository::new(\"ID\", \"https://…\"))`"
            }
            (Self::Dangling { link }, _) => {
                return Some(format!(
                    "make its target in a layer below: `.with(Run::shell(\"mkdir -p $(readlink -m {link})\"))`"
                ));
            }
            (Self::Conflict { .. }, _) => {
                "leave one of them out, or ask for a version that the others accept"
            }
            (
                Self::NoSuchImage | Self::Unauthorized | Self::Insecure | Self::NotInStorage { .. },
                Task::Build { .. },
            )
            | (Self::Step { .. } | Self::Unknown, _) => return None,
        };
        Some(help.to_owned())
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
            Self::NoSuchImage => f.write_str("the registry has no such image"),
            Self::NotInStorage { is_root: true } => f.write_str("the storage of root has no such image"),
            Self::NotInStorage { is_root: false } => {
                f.write_str("the storage of this user has no such image")
            }
            Self::Unauthorized => f.write_str("the registry requires a login"),
            Self::Unreachable => f.write_str("the registry can't be reached"),
            Self::Insecure => f.write_str("the registry has no certificate that is trusted here"),
            Self::NoSuchPackage { package } => write!(f, "no repository has package `{package}`"),
            Self::Repository { name } => {
                named(f, "repository", name)?;
                f.write_str(" can't be reached")
            }
            Self::NoRepository => f.write_str("the image has no enabled repository"),
            Self::NoKey { repository } => {
                write!(f, "repository `{repository}` has no key to check its packages with")
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
            Self::NotProvided { what, by } => {
                write!(f, "no repository has `{what}`, which package `{by}` requires")
            }
            Self::Dangling { link } => {
                write!(f, "a package has files below `{link}`, a link whose target the image does not have")
            }
            Self::Scriptlet { package } => {
                f.write_str("a scriptlet of ")?;
                named(f, "package", package)?;
                f.write_str(" failed")
            }
            Self::Signing(fault) => fault.fmt(f),
            Self::NotInImage { program } => write!(f, "the image has no program `{program}`"),
            Self::NotExecutable { program } => write!(f, "`{program}` of the image can't be executed"),
            Self::Step { step: Some(step) } => write!(f, "step `{step}` failed"),
            Self::Step { step: None } => f.write_str("the build failed"),
            Self::Unknown => f.write_str("the program that copies it failed"),
        }
    }
}

fn disk(line: &str) -> Option<Diagnosis> {
    let phrases = ["no space left on device", "more space on the ", "more space needed on the "];
    let line = line.to_lowercase();
    phrases.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::DiskFull)
}

/// Returns the step that the engine names when it gives up: `Error: building at STEP "RUN …": …`. Neither podman
/// nor buildah reports it in another way than this line.
pub(crate) fn failed_step(lines: &[String]) -> Option<&str> {
    lines.iter().rev().find_map(|line| {
        let (_, rest) = line.split_once("STEP \"")?;
        rest.split_once("\":").map(|(step, _)| step)
    })
}
