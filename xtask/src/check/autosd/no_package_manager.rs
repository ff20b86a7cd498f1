//! `no-package-manager`: packages to install on a base that nothing installs them with.

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "no-package-manager",
    "a base of Automotive Image Builder has dnf only where its manifest lists it",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("platform").packages(["vsomeip3"])"#,
    fixed: r#"Layer::new("platform").text("vsomeip3 comes with the base\n", "/usr/share/doc/platform")"#,
});

const PROGRAMS: [&str; 3] = ["/usr/bin/dnf5", "/usr/bin/dnf", "/usr/bin/microdnf"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if PROGRAMS.iter().any(|program| subject.tree().follow(program).is_some()) {
        return Vec::new();
    }
    // A run step may bring one first.
    let runs = subject.plan.layers.iter().scan(false, |ran, layer| {
        let before = *ran;
        *ran |= !layer.runs.is_empty();
        Some((before, &**layer))
    });
    let lacking = runs.filter(|(ran, layer)| !ran && layer.transaction.is_some());
    let fault = |(_, layer): (bool, &crate::plan::PlannedLayer)| {
        let message = format!(
            "layer `{}` installs packages, and the base has neither dnf5, dnf nor microdnf",
            layer.name
        );
        let help = "list `dnf` among the `rpms` of the base's manifest, or have the packages there";
        Fault::of_layer(layer, layer.site, message).help(help)
    };
    lacking.map(fault).collect()
}
