//! `elf-machine`: a program for another processor than the image's.

use super::program::{Program, programs};
use crate::check::{Check, Example, Fault, Subject};
use crate::plan::Origin;

pub(super) const CHECK: Check = Check::fatal(
    "elf-machine",
    "the kernel refuses a program for another processor with `Exec format error`",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "A program that was compiled for `x86_64`, in an image for arm64",
    fixed: "Leave `--target` and `.target(…)` out: the target follows the base's architecture",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let wrong = programs(subject).filter(|program| !program.is_for(subject.architecture()));
    wrong.map(|program| fault(subject, &program)).collect()
}

fn fault(subject: &Subject<'_>, program: &Program<'_, '_>) -> Fault {
    let architecture = subject.architecture();
    let path = program.node.path();
    let message =
        format!("`{path}` is for {}, and the image is for {}", machine(program), architecture.machine());
    let help = match program.node.origin() {
        Some(Origin::Artefact(_)) => {
            "leave `--target` and `.target(…)` out: the target follows the base".to_owned()
        }
        _ => format!("bring the file that was built for `{}`", architecture.target()),
    };
    let fault = Fault::at(&program.node, message).help(help);
    // Kernels for x86-64 may run 32-bit programs too; a library that nothing can execute may be data.
    let may_run = program.elf.machine == 3 && architecture.machine() == "x86_64";
    let runs = may_run.then_some("a kernel for x86-64 may run 32-bit programs too");
    let data = (!program.node.is_executable()).then_some("nothing can execute it, so it may be data");
    fault.doubted(runs.or(data))
}

/// `e_machine` and the class, in the words of Rust's targets.
fn machine(program: &Program<'_, '_>) -> String {
    let elf = program.elf;
    let name = match (elf.machine, elf.class) {
        (62, 2) => "x86_64",
        (62, _) => "x32",
        (3, _) => "i686",
        (40, _) => "arm (32 bits)",
        (183, _) if elf.data == 2 => "aarch64_be",
        (183, _) => "aarch64",
        (243, 2) => "riscv64",
        (243, _) => "riscv32",
        (21, _) => "powerpc64",
        (22, _) => "s390x",
        (8, _) => "mips",
        (247, _) => "bpf",
        (number, _) => return format!("machine {number} of elf(5)"),
    };
    name.to_owned()
}
