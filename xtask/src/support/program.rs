//! Finds and starts the programs of this machine, and names the package that brings a missing one. A
//! program is looked up as execvp(3) does and not started for that: starting podman takes longer than the rest
//! of a build in which nothing has changed.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use camino::Utf8PathBuf;

use super::explain::Explain;

/// Folders of system programs, which the PATH of a user may lack.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// A program of this machine, and the packages that bring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    name: &'static str,
    debian: &'static str,
    fedora: &'static str,
    /// The variable that names the program to use instead.
    variable: Option<&'static str>,
}

/// A program can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    #[error("`{program}` is not installed")]
    Missing { program: Program },
    #[error("`{program}` can't be started")]
    Start { program: Program, source: io::Error },
}

impl Program {
    pub(crate) const PODMAN: Self = Self::of_package("podman", "podman");
    pub(crate) const BUILDAH: Self = Self::of_package("buildah", "buildah");
    pub(crate) const SKOPEO: Self = Self::of_package("skopeo", "skopeo");
    pub(crate) const GIT: Self = Self::of_package("git", "git");
    pub(crate) const SYSTEMD_ANALYZE: Self = Self::of_package("systemd-analyze", "systemd");
    pub(crate) const MKE2FS: Self = Self::of_package("mke2fs", "e2fsprogs");
    pub(crate) const DEBUGFS: Self = Self::of_package("debugfs", "e2fsprogs");
    pub(crate) const SETPRIV: Self = Self::of_package("setpriv", "util-linux");
    pub(crate) const UNSHARE: Self = Self::of_package("unshare", "util-linux");
    pub(crate) const QEMU_X86_64: Self =
        Self { fedora: "qemu-system-x86-core", ..Self::of_package("qemu-system-x86_64", "qemu-system-x86") };
    pub(crate) const QEMU_AARCH64: Self = Self {
        fedora: "qemu-system-aarch64-core",
        ..Self::of_package("qemu-system-aarch64", "qemu-system-arm")
    };
    /// The cargo that runs this process, so that an inner build uses the same toolchain.
    pub(crate) const CARGO: Self = Self { variable: Some("CARGO"), ..Self::of_package("cargo", "cargo") };
    pub(crate) const RUSTC: Self =
        Self { variable: Some("RUSTC"), fedora: "rust", ..Self::of_package("rustc", "rustc") };

    /// Returns a program whose package has one name in every distribution.
    pub(crate) const fn of_package(name: &'static str, package: &'static str) -> Self {
        Self { name, debian: package, fedora: package, variable: None }
    }

    /// Returns the name by which the program is looked up.
    pub(crate) const fn name(self) -> &'static str {
        self.name
    }

    /// Whether the program would be found.
    pub(crate) fn is_installed(self) -> bool {
        self.locate().is_some()
    }

    /// Returns the path of the program.
    ///
    /// # Errors
    /// If the program is not installed, or only at a path that is not UTF-8.
    pub(crate) fn find(self) -> Result<Utf8PathBuf, ProgramError> {
        let path = self.locate().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
        path.ok_or(ProgramError::Missing { program: self })
    }

    /// Returns a command that starts the program.
    pub(crate) fn command(self) -> Result<Command, ProgramError> {
        self.locate().map(Command::new).ok_or(ProgramError::Missing { program: self })
    }

    /// Runs the program to its end, without input, and returns what it printed.
    pub(crate) fn output(
        self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Output, ProgramError> {
        let mut command = self.command()?;
        command.args(arguments);
        self.output_of(&mut command)
    }

    /// Runs a command of the program to its end, without input, and returns what it printed.
    pub(crate) fn output_of(self, command: &mut Command) -> Result<Output, ProgramError> {
        command.stdin(Stdio::null()).output().map_err(self.not_started())
    }

    /// Returns the error of a command of the program that could not be started.
    pub(crate) fn not_started(self) -> impl Fn(io::Error) -> ProgramError {
        move |source| ProgramError::Start { program: self, source }
    }

    fn locate(self) -> Option<PathBuf> {
        if let Some(chosen) = self.variable.and_then(env::var_os).filter(|chosen| !chosen.is_empty()) {
            return locate(&chosen);
        }
        locate(OsStr::new(self.name))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Explain for ProgramError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Missing { program } => Some(System::current().install(*program)),
            Self::Start { .. } => None,
        }
    }
}

/// Returns the path of a program: a path as it is, a name where PATH or the system folders have it.
fn locate(program: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program));
    }
    // Without a PATH, only the system folders are searched.
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty());
    let mut paths = folders.chain(SYSTEM_FOLDERS.map(PathBuf::from)).map(|folder| folder.join(program));
    paths.find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The family of this machine's distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Debian,
    Fedora,
    Other,
}

impl System {
    fn current() -> Self {
        // os-release(5): the second place is the fallback.
        let text = ["/etc/os-release", "/usr/lib/os-release"]
            .into_iter()
            .find_map(|path| fs::read_to_string(path).ok());
        text.map_or(Self::Other, |text| Self::of(&text))
    }

    /// Reads the family from an os-release(5).
    fn of(text: &str) -> Self {
        let values = text.lines().filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            ["ID", "ID_LIKE"].contains(&key).then(|| value.trim_matches(['"', '\'']))
        });
        let mut family = values.flat_map(str::split_whitespace).filter_map(|id| match id {
            "debian" | "ubuntu" => Some(Self::Debian),
            "fedora" | "rhel" | "centos" => Some(Self::Fedora),
            _ => None,
        });
        family.next().unwrap_or(Self::Other)
    }

    fn install(self, Program { debian, fedora, .. }: Program) -> String {
        match self {
            Self::Debian => format!("run `apt install {debian}`"),
            Self::Fedora => format!("run `dnf install {fedora}`"),
            Self::Other => format!("run `apt install {debian}`, or `dnf install {fedora}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_file_that_can_be_executed() {
        assert!(locate(OsStr::new("sh")).is_some());
        assert!(locate(OsStr::new("no-such-program")).is_none() && locate(OsStr::new("")).is_none());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program");
        fs::write(&file, "").unwrap();
        assert!(!is_executable(&file) && !is_executable(folder.path()));
    }

    #[test]
    fn a_missing_program_is_installed_by_the_package_manager_of_this_system() {
        for (os_release, help) in [
            ("ID=debian\n", "run `apt install qemu-system-x86`"),
            ("NAME=\"x\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "run `apt install qemu-system-x86`"),
            ("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\n", "run `dnf install qemu-system-x86-core`"),
            ("ID=nixos\n", "run `apt install qemu-system-x86`, or `dnf install qemu-system-x86-core`"),
        ] {
            assert_eq!(System::of(os_release).install(Program::QEMU_X86_64), help, "{os_release}");
        }
    }

    #[test]
    fn a_missing_program_is_reported_with_its_package() {
        let program = Program::of_package("no-such-program", "no-such-package");
        let error = program.output(["--version"]).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program` is not installed");
        assert!(error.help().unwrap().contains("install no-such-package`"));
    }
}
