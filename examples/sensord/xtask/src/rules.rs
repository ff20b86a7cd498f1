//! What this project asks of its images beyond Lapstrake's own checks. `cargo xtask image check` and
//! `build` run them with the others.

use lapstrake_xtask::check::{Check, Checks, Fault, Node, Subject};
use lapstrake_xtask::lapstrake::systemd::UnitFile;

/// Lapstrake's checks, and ours.
pub fn checks() -> Checks {
    Checks::default().with(MEMORY_LIMIT)
}

const MEMORY_LIMIT: Check = Check::fatal(
    "memory-limit",
    "a service that leaks must be stopped before it takes the memory of the others",
    memory_limit,
);

/// Every service that the layers bring says how much memory it may have.
fn memory_limit(subject: &Subject<'_>) -> Vec<Fault> {
    let is_service = |node: &Node<'_>| {
        node.path().as_str().starts_with("/usr/lib/systemd/system/")
            && node.path().as_str().ends_with(".service")
    };
    let unlimited = |node: &Node<'_>| {
        node.text().is_some_and(|text| UnitFile::parse(text).values("Service", "MemoryMax").next().is_none())
    };
    let fault = |node: Node<'_>| {
        Fault::at(&node, format!("`{}` may take all memory", node.path()))
            .help("add `MemoryMax=64M` to its `[Service]`")
    };
    subject.tree().ours().filter(is_service).filter(unlimited).map(fault).collect()
}

#[cfg(test)]
mod tests {
    use lapstrake_xtask::prelude::*;

    use super::*;

    /// What our own rule finds in a service with these lines, on the stand-in base.
    fn found(lines: &str) -> Vec<String> {
        let unit = Unit::text("app.service", format!("[Service]\nExecStart=/usr/bin/app\n{lines}"));
        let layer = Layer::new("app").text("#!/bin/sh\n", "/usr/bin/app").unit(unit);
        let image = Image::new("tested", Base::stand_in()).layer(layer);
        let findings = checks().findings(&image).into_iter();
        findings.filter(|finding| finding.name == "memory-limit").map(|finding| finding.message).collect()
    }

    #[test]
    fn a_service_without_a_limit_is_found() {
        assert_eq!(found(""), ["`/usr/lib/systemd/system/app.service` may take all memory"]);
    }

    #[test]
    fn a_service_with_a_limit_is_not() {
        assert_eq!(found("MemoryMax=64M\n"), [""; 0]);
    }

    #[test]
    fn the_image_keeps_every_rule() {
        assert_eq!(checks().findings(&crate::sensord()), []);
    }
}
