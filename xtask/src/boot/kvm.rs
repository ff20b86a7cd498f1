//! Tests whether KVM runs machine code here. That /dev/kvm can be opened does not show it: the KVM behind
//! it may run nothing, or emulate each instruction a thousand times slower than QEMU.

use std::fs::{self, OpenOptions};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use lapstrake::value::Architecture;

use super::option::escaped;
use super::program::bound_to_this_process;
use crate::support::program::Program;

pub(super) const KVM: &str = "kvm";
pub(super) const TCG: &str = "tcg";
/// A processor needs about a tenth of a second for the proof, most of it in the firmware.
const LIMIT: Duration = Duration::from_secs(4);
/// The exit code of `isa-debug-exit` for the value that the sector writes: twice the value, plus one.
const PROVEN: i32 = 0x10 * 2 + 1;

/// A boot sector that goes to 64-bit mode, counts to 2^27 there, and ends QEMU with [`PROVEN`]. The firmware
/// loads it to 0x7c00.
#[rustfmt::skip]
const SECTOR: &[&[u8]] = &[
    &[0xfa],                               // 7c00 cli
    &[0x31, 0xc0],                         // 7c01 xor ax, ax
    &[0x8e, 0xd8],                         // 7c03 mov ds, ax
    &[0x8e, 0xc0],                         // 7c05 mov es, ax
    &[0x8e, 0xd0],                         // 7c07 mov ss, ax
    &[0xbf, 0x00, 0x10],                   // 7c09 mov di, 0x1000        three pages of tables
    &[0xb9, 0x00, 0x18],                   // 7c0c mov cx, 0x1800
    &[0xfc],                               // 7c0f cld
    &[0xf3, 0xab],                         // 7c10 rep stosw
    &[0xc7, 0x06, 0x00, 0x10, 0x03, 0x20], // 7c12 mov word [0x1000], 0x2003
    &[0xc7, 0x06, 0x00, 0x20, 0x03, 0x30], // 7c18 mov word [0x2000], 0x3003
    &[0xc7, 0x06, 0x00, 0x30, 0x83, 0x00], // 7c1e mov word [0x3000], 0x83   2 MiB at 0
    &[0x66, 0xb8, 0x20, 0x00, 0x00, 0x00], // 7c24 mov eax, 0x20         CR4.PAE
    &[0x0f, 0x22, 0xe0],                   // 7c2a mov cr4, eax
    &[0x66, 0xb8, 0x00, 0x10, 0x00, 0x00], // 7c2d mov eax, 0x1000
    &[0x0f, 0x22, 0xd8],                   // 7c33 mov cr3, eax
    &[0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0], // 7c36 mov ecx, 0xc0000080   EFER
    &[0x0f, 0x32],                         // 7c3c rdmsr
    &[0x0d, 0x00, 0x01],                   // 7c3e or ax, 0x100          EFER.LME
    &[0x0f, 0x30],                         // 7c41 wrmsr
    &[0x66, 0xb8, 0x01, 0x00, 0x00, 0x80], // 7c43 mov eax, 0x80000001   CR0.PE, CR0.PG
    &[0x0f, 0x22, 0xc0],                   // 7c49 mov cr0, eax
    &[0x0f, 0x01, 0x16, 0x78, 0x7c],       // 7c4c lgdt [0x7c78]
    &[0xea, 0x56, 0x7c, 0x08, 0x00],       // 7c51 jmp 8:0x7c56
    &[0xb9, 0x00, 0x00, 0x00, 0x08],       // 7c56 mov ecx, 0x8000000
    &[0xff, 0xc9],                         // 7c5b dec ecx
    &[0x75, 0xfc],                         // 7c5d jnz 0x7c5b
    &[0xb0, 0x10],                         // 7c5f mov al, 0x10
    &[0xe6, 0xf4],                         // 7c61 out 0xf4, al
    &[0xf4],                               // 7c63 hlt
    &[0xeb, 0xfd],                         // 7c64 jmp 0x7c63
    &[0x66, 0x90],                         // 7c66 nop
    &[0; 8],                               // 7c68 the descriptors: none,
    &[0, 0, 0, 0, 0, 0x9a, 0x20, 0],       // 7c70 and code of 64 bits
    &[0x0f, 0x00, 0x68, 0x7c, 0, 0],       // 7c78 their size less one, and where they are
];

/// Selects the accelerator for a machine of an architecture on this host.
pub(super) fn accelerator(architecture: Architecture, qemu: Program, work: &Utf8Path) -> &'static str {
    // The boot sector is x86 code.
    let is_native = architecture == Architecture::Amd64 && Architecture::host() == Some(architecture);
    let opens = || OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
    if is_native && opens() && runs(KVM, qemu, work) { KVM } else { TCG }
}

/// Whether an accelerator runs the sector.
fn runs(accelerator: &str, qemu: Program, work: &Utf8Path) -> bool {
    let path = work.join("sector.img");
    if fs::write(&path, sector()).is_err() {
        return false;
    }
    let Ok(mut command) = bound_to_this_process(qemu) else { return false };
    command.args(["-nodefaults", "-no-user-config", "-machine", "pc", "-accel", accelerator, "-cpu", "max"]);
    command.args(["-m", "32", "-display", "none", "-no-reboot"]);
    command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
    command.arg("-drive").arg(format!("file={},format=raw,if=ide", escaped(&path)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code() == Some(PROVEN),
            Ok(None) if started.elapsed() < LIMIT => thread::sleep(Duration::from_millis(20)),
            Ok(None) | Err(_) => {
                drop(child.kill());
                drop(child.wait());
                return false;
            }
        }
    }
}

fn sector() -> Vec<u8> {
    let mut sector = SECTOR.concat();
    sector.resize(510, 0);
    sector.extend([0x55, 0xaa]);
    sector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engine::present;

    #[test]
    fn the_sector_ends_as_it_should_where_machine_code_is_run() {
        if !present(&["qemu-system-x86_64"]) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let work = Utf8Path::from_path(folder.path()).unwrap();
        assert!(runs(TCG, Program::QEMU_X86_64, work));
    }

    #[test]
    fn an_accelerator_that_does_not_start_proves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let work = Utf8Path::from_path(folder.path()).unwrap();
        assert!(!runs("none-such", Program::QEMU_X86_64, work));
        assert!(!runs(TCG, Program::of_package("no-such-qemu", "no-such-package"), work));
    }
}
