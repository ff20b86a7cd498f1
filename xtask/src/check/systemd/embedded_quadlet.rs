//! `embedded-quadlet`: quadlets that would ask a registry for a container image that is inside of the image.

use lapstrake::value::Reference;

use super::embedded_names::embedded_names;
use super::quadlet::{Quadlet, quadlets};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "embedded-quadlet",
    "a quadlet starts without a network only if its `Image=` is the embedded name, and podman asks no registry for it",
    check,
)
.shown(Example::Words {
    faulty: "`.embed(\"registry.example/radio:2\")` and a quadlet with `Image=registry.example/radio:1`, or with `Pull=always`",
    fixed: "The same with `Image=registry.example/radio:2` and no `Pull=`",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let names = embedded_names(subject.tree());
    if names.is_empty() {
        return Vec::new();
    }
    quadlets(subject).iter().filter_map(|quadlet| fault(quadlet, &names)).collect()
}

fn fault(quadlet: &Quadlet<'_>, names: &[Reference]) -> Option<Fault> {
    let value = |key: &str| quadlet.file.values(quadlet.kind.section, key).last();
    let image = Reference::parse(value("Image")?).ok()?;
    if names.iter().any(|name| name.canonical() == image.canonical()) {
        return asking(quadlet, &image);
    }
    let last = |reference: &Reference| reference.repository().rsplit('/').next().map(str::to_owned);
    let same = names.iter().find(|name| name.repository() == image.repository());
    let name = same.or_else(|| names.iter().find(|name| last(name) == last(&image)))?;
    let message = format!("`Image={image}` is not in the image, which has `{name}` inside");
    let fault = quadlet.fault_at_value("Image", &message);
    let fault = fault.help(format!("write `Image={name}`, or add `.embed(\"{image}\")`"));
    Some(if same.is_some() { fault } else { fault.as_warning("it may be another image") })
}

/// Returns the fault of a quadlet whose image is there, and for which podman asks a registry all the same.
fn asking(quadlet: &Quadlet<'_>, image: &Reference) -> Option<Fault> {
    let value = |key: &str| quadlet.file.values(quadlet.kind.section, key).last();
    if quadlet.node.path().as_str().contains("/users/") {
        let message = format!("`{image}` is embedded, and the storage of a user does not have it");
        let fault = quadlet.fault_at_value("Image", &message);
        return Some(fault.help("bring the quadlet by `.quadlet(…)`, so that it is of the system"));
    }
    if quadlet.kind.suffix == "image" {
        let is_local = value("Policy").is_some_and(|policy| ["missing", "never"].contains(&policy));
        let message = format!("`{image}` is embedded, and a `.image` asks a registry for it at each start");
        let help = format!("leave the `.image` out, and write `Image={image}` in the `.container`");
        return (!is_local).then(|| quadlet.fault_at_value("Image", &message).help(help));
    }
    let policy = value("Pull").filter(|policy| ["always", "newer"].contains(policy))?;
    let message = format!("`{image}` is embedded, and `Pull={policy}` asks a registry for it at each start");
    let fault = quadlet
        .fault_at_value("Pull", &message)
        .help("leave `Pull=` out: podman takes the image that is there");
    let goes_on = "podman takes the embedded image where no registry answers";
    Some(if policy == "newer" { fault.as_warning(goes_on) } else { fault })
}
