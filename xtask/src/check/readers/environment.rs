//! `environment-line`: lines of environment.d that systemd ignores.

use lapstrake::Span;
use lapstrake::systemd::EnvironmentFault;

use super::{judged, texts};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "environment-line",
    "the services of a user run without a variable of environment.d whose line systemd ignores",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("export EDITOR=vi\n", "/usr/lib/environment.d/50-app.conf")"#,
    fixed: r#"Layer::new("app").text("EDITOR=vi\n", "/usr/lib/environment.d/50-app.conf")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (node, text) in texts(subject, "environment.d", ".conf") {
        for EnvironmentFault { line, reason, help, .. } in EnvironmentFault::all(text) {
            let number = u32::try_from(line).unwrap_or(u32::MAX);
            let message = format!("line {line} of `{}` {reason}", node.path());
            let fault = match Span::of_line(text, number) {
                Some(at) => Fault::at_span(&node, &at, message),
                None => Fault::at(&node, message),
            };
            faults.push(judged(&node, fault.help(help)));
        }
    }
    faults
}
