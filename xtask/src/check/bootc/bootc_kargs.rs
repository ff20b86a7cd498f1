//! `bootc-kargs`: the files of kernel arguments, read as bootc reads them: unknown keys are refused,
//! `kargs` is required.

use crate::check::kargs::{DIRECTORY, Kargs};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "bootc-kargs",
    "bootc refuses an image with a file in /usr/lib/bootc/kargs.d that it can't read",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("kargs = \"quiet\"\n", "/usr/lib/bootc/kargs.d/10-quiet.toml")"#,
    fixed: r#"Layer::new("app").kargs("10-quiet", ["quiet"])"#,
});

/// Rust's names, which are what bootc compares with.
const ARCHITECTURES: [&str; 5] = ["aarch64", "powerpc64", "riscv64", "s390x", "x86_64"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for node in subject.tree().children(DIRECTORY) {
        let name = node.path().file_name();
        if !node.ends_with(".toml") {
            if node.site().is_some() {
                let message = format!("`{}` is not read: its name does not end in `.toml`", node.path());
                let named = format!("{}.toml", node.path());
                let fault = Fault::at(&node, message).help(format!("write `{named}`")).renamed(&node, &named);
                faults.push(fault.as_warning("bootc passes over it"));
            }
            continue;
        }
        let Some(text) = subject.tree().text(node.path().as_str()) else { continue };
        match Kargs::parse(text) {
            Ok(kargs) => {
                let unknown = |name: &&String| !ARCHITECTURES.contains(&name.as_str());
                if let Some(wrong) = kargs.match_architectures.iter().flatten().find(unknown) {
                    let message =
                        format!("`{}` is for `{wrong}`, which bootc knows no machine by", node.path());
                    let help = "write `x86_64` or `aarch64`";
                    faults.push(Fault::at(&node, message).help(help).as_warning("bootc passes over it"));
                }
            }
            Err(reason) => {
                let message = format!("`{}` is not a file of kernel arguments: {reason}", node.path());
                let name = name.trim_end_matches(".toml");
                faults.push(Fault::at(&node, message).help(format!("write `.kargs({name:?}, [\"quiet\"])`")));
            }
        }
    }
    faults
}
