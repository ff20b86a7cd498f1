//! `kernel`: one kernel. bootc takes the only directory below /usr/lib/modules that has a `vmlinuz`; it
//! refuses two. None at all, or one without its initramfs, it does not see: the device does.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "kernel",
    "an image boots the one kernel below /usr/lib/modules, with the initramfs beside it",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("kernel").text("", "/usr/lib/modules/7.0.0-test/vmlinuz")"#,
    fixed: r#"Layer::new("kernel").text("options can bitrate=500000\n", "/usr/lib/modprobe.d/can.conf")"#,
});

const MODULES: &str = "/usr/lib/modules";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let has = |directory: &Node<'_>, name: &str| tree.follow(&format!("{}/{name}", directory.path()));
    let directories: Vec<_> = tree.children(MODULES).collect();
    let kernels: Vec<_> =
        directories.iter().filter_map(|directory| Some((directory, has(directory, "vmlinuz")?))).collect();
    let mut faults = Vec::new();
    if let Some(((first, _), more)) = kernels.split_first() {
        for (directory, kernel) in more {
            let (kernel, other) =
                if kernel.site().is_some() { (kernel, first) } else { (&kernels[0].1, directory) };
            let message = format!("a second kernel `{}` is beside that in `{}`", kernel.path(), other.path());
            faults.push(
                Fault::at(kernel, message).help("remove one of them: an image boots the only one it has"),
            );
        }
    } else if !subject.runs_unseen() {
        let message = format!("the image has no kernel: no `{MODULES}/VERSION/vmlinuz`");
        let below = subject.below();
        let had = below.children(MODULES).map(|directory| format!("{}/vmlinuz", directory.path()));
        let gone = had.into_iter().find(|path| below.get(path).is_some());
        let fault = subject.gone(gone.as_deref().unwrap_or(MODULES), message);
        faults.push(fault.help("build on a base with a kernel, and leave that in place"));
    }
    for (directory, kernel) in &kernels {
        if has(directory, "initramfs.img").is_none() && !subject.runs_unseen() {
            let path = format!("{}/initramfs.img", directory.path());
            let message = format!("the kernel `{}` has no `initramfs.img` beside it", kernel.path());
            let fault = if kernel.site().is_some() {
                Fault::at(kernel, message)
            } else {
                subject.gone(&path, message)
            };
            faults.push(fault.help("add `Initramfs::regenerated()`, or take the base's kernel"));
        }
    }
    let empty = directories.iter().filter(|directory| has(directory, "vmlinuz").is_none());
    for directory in empty.filter(|directory| directory.layer().is_some()) {
        let below = tree.below(directory.path().as_str()).find(|node| node.site().is_some());
        let message = format!("`{}` has modules and no `vmlinuz`: no kernel loads them", directory.path());
        let at = below.unwrap_or_else(|| Node::clone(directory));
        let one = kernels.first().map(|(kernel, _)| format!("put them below `{}`", kernel.path()));
        // `aib reseal` takes the first name, whether or not a kernel is there.
        let fault = Fault::at(&at, message);
        let doubt =
            "bootc takes the directory with a kernel, and only a base of AIB has a tool that takes another";
        let fault = fault.doubted((!is_of_aib(subject)).then_some(doubt));
        faults.push(match one {
            Some(help) => fault.help(help),
            None => fault,
        });
    }
    faults
}

/// Whether Automotive Image Builder made the base.
fn is_of_aib(subject: &Subject<'_>) -> bool {
    subject.below().get("/usr/lib/bootc/install/05-aib.toml").is_some()
}
