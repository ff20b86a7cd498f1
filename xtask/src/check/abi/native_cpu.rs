//! `native-cpu`: a program that cargo compiles for the processor of the machine that builds.

use crate::check::{Check, Example, Fault, Subject};
use crate::plan::Origin;
use crate::support::small_map::SmallSet;

pub(super) const CHECK: Check = Check::fatal(
    "native-cpu",
    "a program for the processor of the machine that builds ends with `Illegal instruction` on an older one",
    check,
)
.shown(Example::Words {
    faulty: "`rustflags = [\"-C\", \"target-cpu=native\"]` in `.cargo/config.toml`",
    fixed: "`rustflags = [\"-C\", \"target-cpu=x86-64-v2\"]`, the processor of the device",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut seen = SmallSet::new();
    let mut faults = Vec::new();
    for node in subject.tree().ours() {
        let Some(Origin::Artefact(artefact)) = node.origin() else { continue };
        for native in subject.native_flags(artefact) {
            let message = format!(
                "`{}` is compiled for the processor of this machine: {} has `{}`",
                artefact.bin, native.place, native.flag
            );
            let help = "name the processor of the device, such as `x86-64-v2`, or leave the flag out";
            // One place is one fault, however many programs are compiled with it.
            if seen.insert((native.place, node.allowed().any(|name| name == CHECK.name))) {
                faults.push(Fault::at(&node, message).help(help));
            }
        }
    }
    faults
}
