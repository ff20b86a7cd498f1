//! Makes the machine ready for the tests: installs what is missing where it may (root, on Debian or
//! Fedora), and says what is missing where it may not. It never fails: a test that lacks something skips,
//! loudly, and with `CI=true` that skip is a failure.

use std::collections::BTreeSet;
use std::fs;

use camino::Utf8PathBuf;
use xshell::{Shell, cmd};

use super::podman;
use super::system::{Installer, TOOLS, Tool};
use crate::checkout::Checkout;

/// What the machine is ready for.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// The environment that the tests need beside their own.
    pub(crate) env: Vec<(&'static str, Utf8PathBuf)>,
    /// Whether root runs it.
    pub(crate) is_root: bool,
    /// What is missing, and what to do about it, a line each.
    pub(crate) missing: Vec<String>,
}

pub(crate) fn prepare(checkout: &Checkout) -> Ready {
    let mut ready = Ready::default();
    let shell = match Shell::new() {
        Ok(shell) => shell,
        Err(error) => {
            ready.missing.push(format!("no program can be looked for: {error}"));
            return ready;
        }
    };
    let is_root = cmd!(shell, "id -u").quiet().read().is_ok_and(|id| id == "0");
    ready.is_root = is_root;
    let installer = fs::read_to_string("/etc/os-release").ok().and_then(|text| Installer::of(&text));
    let absent = absent(&shell);
    match installer.filter(|_| is_root) {
        Some(installer) if !absent.is_empty() => {
            if let Err(error) = install(&shell, installer, &absent) {
                ready.missing.push(format!("packages could not be installed: {error}"));
            }
        }
        _ => {}
    }
    for tool in self::absent(&shell) {
        ready.missing.push(match installer {
            Some(installer) => {
                format!("`{}` is missing; install `{}`", tool.program, installer.package(tool))
            }
            None => format!("`{}` is missing", tool.program),
        });
    }
    match podman::prepare(&shell, &checkout.root.join("target"), is_root) {
        Ok(Some(conf)) => ready.env.push(("CONTAINERS_CONF", conf)),
        Ok(None) => {}
        Err(error) => ready.missing.push(error.to_string()),
    }
    for missing in &ready.missing {
        eprintln!("warning: {missing}");
    }
    ready
}

fn absent(shell: &Shell) -> Vec<Tool> {
    let mut absent = TOOLS.to_vec();
    // A minimal PATH may lack where Debian keeps a few of them.
    absent.retain(|tool| {
        let program = tool.program;
        cmd!(shell, "sh -c 'command -v \"$0\"' {program}").quiet().ignore_stderr().read().is_err()
    });
    absent
}

fn install(shell: &Shell, installer: Installer, tools: &[Tool]) -> xshell::Result<()> {
    // One package may bring several programs.
    let packages: BTreeSet<_> = tools.iter().map(|tool| installer.package(*tool)).collect();
    let packages: Vec<_> = packages.into_iter().collect();
    eprintln!("installing {}", packages.join(", "));
    match installer {
        Installer::Apt => {
            let _quiet = shell.push_env("DEBIAN_FRONTEND", "noninteractive");
            cmd!(shell, "apt-get -qq update").run()?;
            cmd!(shell, "apt-get -qq install -y --no-install-recommends {packages...}").ignore_stdout().run()
        }
        Installer::Dnf => cmd!(shell, "dnf -q install -y --setopt=install_weak_deps=False {packages...}")
            .ignore_stdout()
            .run(),
    }
}
