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

/// What people read.
const DOCUMENTATION: [&str; 3] = ["/usr/share/doc/", "/usr/share/man/", "/usr/share/info/"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for node in subject.shipped().filter(Node::is_cut) {
        let message = format!("`{}` is too large to be searched for secrets whole", node.path());
        faults.push(Fault::at(&node, message).noted("nothing is known of the rest"));
    }
    // What a layer above hides or removes ships all the same.
    for node in subject.shipped().filter(|node| !node.secrets().is_empty() && !is_documentation(node)) {
        let (locked, open): (Vec<&Secret>, Vec<_>) =
            node.secrets().iter().partition(|secret| secret.kind == SecretKind::EncryptedKey);
        let (signed, open): (Vec<&Secret>, Vec<_>) =
            open.into_iter().partition(|secret| secret.kind == SecretKind::SignedToken);
        faults.extend(fault(&node, &open));
        faults
            .extend(fault(&node, &locked).map(|fault| fault.as_warning("it takes a passphrase to read it")));
        faults
            .extend(fault(&node, &signed).map(|fault| fault.as_warning("it may have expired, or be public")));
    }
    faults
}

/// Whether it is documentation, whose secrets are examples.
fn is_documentation(node: &Node<'_>) -> bool {
    DOCUMENTATION.iter().any(|directory| node.path().as_str().starts_with(directory))
}

fn fault(node: &Node<'_>, secrets: &[&Secret]) -> Option<Fault> {
    let described = |secret: &&Secret| {
        let line = secret.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        let member = secret.member.as_ref().map(|name| format!(" of its member `{}`", name.escape_debug()));
        format!("{}{line}{}", secret.kind, member.unwrap_or_default())
    };
    let described: Vec<_> = secrets.iter().map(described).collect();
    if described.is_empty() {
        return None;
    }
    let fault = Fault::at(node, format!("`{}` holds {}", node.path(), described.join(", ")));
    Some(fault.help(
        "have the device fetch or make it, as by systemd-creds; `.allow(\"secret-in-layer\")` on its entry accepts it",
    ))
}
