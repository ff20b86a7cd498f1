//! `qm-partition`: files for the QM partition on a base that has none.

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "qm-partition",
    "the QM partition is a root of its own, which Automotive Image Builder makes: without one, nothing reads its files",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("qm").entries(Qm::new().text("x\n", "/etc/app.conf"))"#,
    fixed: r#"Layer::new("app").text("x\n", "/etc/app.conf")"#,
});

const ROOT: &str = "/usr/lib/qm/rootfs";
/// What is for the partition.
const FOR_IT: [&str; 3] = [ROOT, "/etc/qm", "/usr/lib/systemd/system/qm.service.d"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    // A root has programs; a step may make it.
    let has_root = tree.follow(&format!("{ROOT}/usr/bin")).is_some();
    if has_root || subject.runs_unseen() {
        return Vec::new();
    }
    let ours = FOR_IT.iter().find_map(|directory| tree.below(directory).find(|node| node.site().is_some()));
    let fault = ours.map(|node| {
        let message = format!("`{}` is for the QM partition, and the image has none", node.path());
        Fault::at(&node, message).help("build on a base whose manifest has `qm`")
    });
    fault.into_iter().collect()
}
