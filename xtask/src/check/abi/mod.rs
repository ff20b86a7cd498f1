//! The ABI gate: whether the loader of the image can start each program that the layers bring.
//!
//! [`loader`] is glibc's loader on the merged tree; it judges nothing. Each check is a question to what
//! it finds. A program of another libc is asked for its loader alone.

mod base_library;
mod elf_interpreter;
mod elf_library;
mod elf_machine;
mod elf_version;
mod files;
#[cfg(test)]
mod host;
mod ldconfig;
mod loader;
mod native_cpu;
mod program;
mod search;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    native_cpu::CHECK,
    elf_machine::CHECK,
    elf_interpreter::CHECK,
    elf_library::CHECK,
    elf_version::CHECK,
    base_library::CHECK,
    ldconfig::CHECK,
];
