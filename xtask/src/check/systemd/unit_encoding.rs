//! `unit-encoding`: a unit or drop-in that is not UTF-8. The other checks of units do not read it, because each line of it
//! would be a fault.

use lapstrake::value::UnitName;

use super::loaded::{DIRECTORIES, is_text};
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::plan::Origin;

pub(super) const CHECK: Check = Check::fatal(
    "unit-encoding",
    "systemd reads units as UTF-8, and ignores every line of a unit that an editor saved as UTF-16",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").unit(Unit::text("app.service", "\u{feff}[\0S\0e\0r\0v\0i\0c\0e\0]\0\n\0"))"#,
    fixed: r#"Layer::new("app").unit(Unit::text("app.service", "\u{feff}[Service]\nExecStart=/bin/sh\n"))"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let is_faulty = |node: &Node<'_>| node.is_file() && is_read(node) && !is_text(node);
    subject.tree().ours().filter(is_faulty).map(|node| fault(&node)).collect()
}

fn fault(node: &Node<'_>) -> Fault {
    let source = match node.origin() {
        Some(Origin::Asset { path, .. }) => path.to_string(),
        _ => node.path().file_name().to_owned(),
    };
    let message = format!("`{}` has NUL bytes, as UTF-16 has, and systemd reads UTF-8", node.path());
    Fault::at(node, message).help(format!("save it as UTF-8: `iconv -f UTF-16 -t UTF-8 {source}`"))
}

/// Whether systemd reads it as a unit or a drop-in.
fn is_read(node: &Node<'_>) -> bool {
    let name = node.path().file_name();
    let Some(above) = node.path().parent() else { return false };
    let is_of_units = |directory: &str| DIRECTORIES.contains(&directory);
    let of_drop_ins = above.as_str().rsplit_once('/').filter(|(_, name)| name.strip_suffix(".d").is_some());
    is_of_units(above.as_str()) && UnitName::has_suffix(name)
        || of_drop_ins.is_some_and(|(directory, _)| is_of_units(directory)) && node.ends_with(".conf")
}
