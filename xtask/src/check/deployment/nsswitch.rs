//! `nsswitch`: where glibc looks for accounts. With no source that the image has, not even root is known, and systemd
//! starts no service with `User=`.

use lapstrake::Span;

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "nsswitch",
    "without a source of /etc/nsswitch.conf that the image has, no account is known on the device",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("passwd: nosuch\n", "/etc/nsswitch.conf")"#,
    fixed: r#"Layer::new("app").text("passwd: files systemd\n", "/etc/nsswitch.conf")"#,
});

/// The databases without which a system does not work.
const DATABASES: [&str; 2] = ["passwd", "group"];
/// The sources that glibc has built in (glibc 2.34 and later; before it they are libraries of glibc's own package).
const BUILT_IN: [&str; 2] = ["files", "compat"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let Some(node) = tree.follow("/etc/nsswitch.conf").filter(|node| node.site().is_some()) else {
        return Vec::new();
    };
    let text = node.text().unwrap_or_default();
    let mut faults = Vec::new();
    for span in Span::lines(text) {
        let line = span.of(text).split('#').next().unwrap_or_default();
        let Some((database, sources)) = line.split_once(':') else { continue };
        let database = database.trim();
        if !DATABASES.contains(&database) || subject.runs_unseen() {
            continue;
        }
        // `[NOTFOUND=return]` is an action, not a source.
        let mut sources = sources.split_ascii_whitespace().filter(|word| !word.starts_with('['));
        if !sources.any(|source| is_known(subject, source)) {
            let message = format!("`{}` gives `{database}` no source that the image has", node.path());
            let fault = Fault::at_span(&node, &span, message);
            faults.push(fault.help(format!("write `{database}: files systemd`")));
        }
    }
    faults
}

/// Whether glibc finds a source: by itself, or by its library.
fn is_known(subject: &Subject<'_>, source: &str) -> bool {
    let triplet = format!("/usr/lib/{}-linux-gnu", subject.architecture().machine());
    let library =
        |directory: &str| subject.tree().follow(&format!("{directory}/libnss_{source}.so.2")).is_some();
    BUILT_IN.contains(&source) || ["/usr/lib64", "/usr/lib", &triplet].into_iter().any(library)
}
