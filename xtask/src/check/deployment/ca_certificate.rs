//! `ca-certificate`: certificate authorities that no program of the image trusts, because nothing makes the bundles anew.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "ca-certificate",
    "programs read bundles that `update-ca-trust` makes of the certificates; nothing makes them on a device",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("fleet").text(
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "/usr/share/pki/ca-trust-source/anchors/fleet.crt",
)"#,
    fixed: r#"Layer::new("fleet")
    .text(
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "/usr/share/pki/ca-trust-source/anchors/fleet.crt",
    )
    .run(["update-ca-trust"])"#,
});

/// Where certificates are put, and the program that makes the bundles of them (update-ca-trust(8),
/// update-ca-certificates(8)).
const ANCHORS: [(&str, &str); 4] = [
    ("/usr/share/pki/ca-trust-source/anchors", "update-ca-trust"),
    ("/etc/pki/ca-trust/source/anchors", "update-ca-trust"),
    ("/usr/local/share/ca-certificates", "update-ca-certificates"),
    ("/usr/share/ca-certificates", "update-ca-certificates"),
];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (directory, program) in ANCHORS {
        let ours =
            subject.tree().below(directory).filter(|node| node.site().is_some() && !node.is_directory());
        for node in ours {
            let path = node.path();
            if program == "update-ca-certificates" && !node.ends_with(".crt") {
                let message = format!("`{path}` does not end in `.crt`, and `{program}` ignores it");
                faults.push(Fault::at(&node, message).help(format!("name it `{path}.crt`")));
            } else if !may_be_updated(subject, &node) {
                let message =
                    format!("no program trusts `{path}`, because no step runs `{program}` after it");
                faults.push(
                    Fault::at(&node, message).help(format!("add `.run([\"{program}\"])` to the layer")),
                );
            }
        }
    }
    faults
}

/// Whether something runs after the file is there. A script may do more than its name says.
fn may_be_updated(subject: &Subject<'_>, node: &Node<'_>) -> bool {
    let Some(own) = node.layer() else { return true };
    let layers = &subject.plan.layers;
    let mut from_own = layers.iter().skip_while(|layer| !std::ptr::eq(layer.as_ref(), own));
    // The packages of a layer come before its files.
    from_own.next().is_some_and(|layer| !layer.runs.is_empty()) || from_own.any(|layer| layer.needs_engine())
}
