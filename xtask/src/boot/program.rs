//! The programs of this machine that a boot needs, found before anything is done.

use std::process::Command;

use lapstrake::value::Architecture;

use crate::support::program::{Program, ProgramError};

/// The programs of a boot. All of them are installed.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(super) qemu: Program,
    pub(super) mke2fs: Program,
    pub(super) debugfs: Program,
}

impl Programs {
    /// Finds the programs for a boot on an architecture.
    pub(crate) fn find(architecture: Architecture) -> Result<Self, ProgramError> {
        let qemu = match architecture {
            Architecture::Amd64 => Program::QEMU_X86_64,
            Architecture::Arm64 => Program::QEMU_AARCH64,
        };
        let programs = Self { qemu, mke2fs: Program::MKE2FS, debugfs: Program::DEBUGFS };
        for program in [programs.qemu, programs.mke2fs, programs.debugfs] {
            program.find()?;
        }
        Ok(programs)
    }
}

/// Returns a command that ends when this process ends, however that happens, if util-linux is installed.
pub(super) fn bound_to_this_process(program: Program) -> Result<Command, ProgramError> {
    let Ok(mut command) = Program::SETPRIV.command() else { return program.command() };
    command.args(["--pdeathsig", "KILL"]).arg(program.find()?);
    Ok(command)
}
