//! `elf-interpreter`: a program whose loader the image has not.

use super::files::{Files, OTHER_ROOT};
use super::program::{Program, programs};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "elf-interpreter",
    "a program without its loader does not start, and the shell says `No such file or directory` of the program itself",
    check,
)
.of_input_files()
.shown(Example::Words {
    faulty: "A program that is linked to musl's shared libc, on a base that has glibc alone",
    fixed: "`.bin(Bin::new(\"sensord\").target(\"x86_64-unknown-linux-musl\"))`, which links libc into the program",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    programs(subject).filter_map(|program| fault(subject, &program)).collect()
}

fn fault(subject: &Subject<'_>, program: &Program<'_, '_>) -> Option<Fault> {
    let Program { node, elf, root, .. } = program;
    // One for another processor has one finding already.
    let wanted = elf.interpreter.as_deref().filter(|_| program.is_for(subject.architecture()))?;
    let found = root.real(wanted).filter(|path| !root.is_directory(path));
    let message = match found {
        None => format!("`{}` wants the loader `{wanted}`, which the image has not", node.path()),
        Some(found) => {
            let other = root.elf(&found).is_some_and(|loader| !loader.fits(elf));
            if !other {
                return None;
            }
            format!("`{}` wants the loader `{wanted}`, which is for another processor", node.path())
        }
    };
    let target = subject.architecture().target();
    let help = if wanted.contains("/ld-musl-") {
        "link libc into it, as `rustup target add` gives you musl: `-C target-feature=+crt-static` in `RUSTFLAGS`"
            .to_owned()
    } else if wanted.starts_with("/nix/") {
        format!("build it outside of nix's shell, for `{target}`")
    } else {
        format!("build it for `{target}`, or link it statically")
    };
    let fault = Fault::at(node, message).help(help);
    let other_root = (!root.is_outermost()).then_some(OTHER_ROOT);
    Some(fault.doubted(subject.unseen_doubt().or(other_root)))
}
