//! `secret-in-layer`: a secret in a file that a layer brings.

use super::secrets::{Secret, SecretKind};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "secret-in-layer",
    "whoever has the image, or any later image on it, has every secret that one of its layers ever held",
    check,
)
.of_input_files()
.shown(Example::Layers {
    faulty: r#"Layer::new("app").with(
    File::text("[wifi-security]\npsk=hunter2hunter2\n", "/etc/NetworkManager/system-connections/depot.nmconnection")
        .mode(0o600),
)"#,
    fixed: r#"Layer::new("app").with(
    File::text("[wifi-security]\npsk=of-the-test-bench\n", "/etc/NetworkManager/system-connections/bench.nmconnection")
        .mode(0o600)
        .allow("secret-in-layer"),
)"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    // What a layer above hides or removes ships all the same.
    let mut faults = Vec::new();
    for node in subject.shipped().filter(|node| !node.secrets().is_empty()) {
        let (locked, open): (Vec<&Secret>, Vec<_>) =
            node.secrets().iter().partition(|secret| secret.kind == SecretKind::EncryptedKey);
        faults.extend(fault(&node, &open));
        faults
            .extend(fault(&node, &locked).map(|fault| fault.as_warning("it takes a passphrase to read it")));
    }
    faults
}

fn fault(node: &Node<'_>, secrets: &[&Secret]) -> Option<Fault> {
    let told = |secret: &&Secret| match secret.line {
        Some(line) => format!("{} in line {line}", secret.kind),
        None => secret.kind.to_string(),
    };
    let told: Vec<_> = secrets.iter().map(told).collect();
    if told.is_empty() {
        return None;
    }
    let fault = Fault::at(node, format!("`{}` holds {}", node.path(), told.join(", ")));
    Some(fault.help(
        "have the device fetch or make it, as by systemd-creds; `.allow(\"secret-in-layer\")` on its entry accepts it",
    ))
}
