//! The programs that a boot needs on this machine, found before anything is done.

use std::process::Command;

use camino::Utf8PathBuf;
use lapstrake::value::Architecture;

use super::BootError;

/// Where each of them is.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(super) qemu: Utf8PathBuf,
    pub(super) mke2fs: Utf8PathBuf,
    pub(super) debugfs: Utf8PathBuf,
}

/// A program that is not here, and the packages that bring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) program: &'static str,
    debian: &'static str,
    fedora: &'static str,
}

const MKE2FS: Needed = Needed { program: "mke2fs", debian: "e2fsprogs", fedora: "e2fsprogs" };
const DEBUGFS: Needed = Needed { program: "debugfs", debian: "e2fsprogs", fedora: "e2fsprogs" };
const QEMU_AMD64: Needed =
    Needed { program: "qemu-system-x86_64", debian: "qemu-system-x86", fedora: "qemu-system-x86-core" };
const QEMU_ARM64: Needed =
    Needed { program: "qemu-system-aarch64", debian: "qemu-system-arm", fedora: "qemu-system-aarch64-core" };

/// Where a user's PATH may not lead.
const SYSTEM: [&str; 2] = ["/usr/sbin", "/sbin"];

impl Programs {
    /// Finds all that a boot on that architecture needs.
    pub(crate) fn find(architecture: Architecture) -> Result<Self, BootError> {
        let qemu = match architecture {
            Architecture::Amd64 => QEMU_AMD64,
            Architecture::Arm64 => QEMU_ARM64,
        };
        Ok(Self { qemu: qemu.find()?, mke2fs: MKE2FS.find()?, debugfs: DEBUGFS.find()? })
    }
}

impl Needed {
    fn find(self) -> Result<Utf8PathBuf, BootError> {
        find(self.program).ok_or(BootError::Missing { needed: self })
    }

    /// One line to paste.
    pub(super) fn help(self) -> String {
        format!("run `apt install {}`, or `dnf install {}`", self.debian, self.fedora)
    }
}

/// A command that ends when this process does, however that ends, where util-linux is there for it.
pub(super) fn bound_to_us(program: &str) -> Command {
    match find("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", program]);
            command
        }
        None => Command::new(program),
    }
}

/// The path of a program.
fn find(program: &str) -> Option<Utf8PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let places = path.split(':').filter(|place| !place.is_empty()).chain(SYSTEM);
    places.map(|place| Utf8PathBuf::from(place).join(program)).find(|path| path.is_file())
}
