//! The units and quadlets of two images, and what a boot does with them: whether a target starts a unit, whether it is
//! masked, and its drop-ins. What a preset enables at the first boot of a device is not computed.

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Kind;
use serde_json::{Value, json};

use super::change::{Facts, Items, compare as compare_items};
use super::{Part, PartDifference, Side};
use crate::base::{Node, facts};
use crate::support::small_map::SmallMap;

/// The directories, those that hide the others first, and what is added to the name of a unit in them.
const DIRECTORIES: [(&str, &str); 9] = [
    ("/etc/systemd/system", ""),
    ("/usr/local/lib/systemd/system", ""),
    ("/usr/lib/systemd/system", ""),
    ("/etc/systemd/user", " of users"),
    ("/usr/local/lib/systemd/user", " of users"),
    ("/usr/lib/systemd/user", " of users"),
    ("/etc/containers/systemd", ""),
    ("/usr/share/containers/systemd", ""),
    ("/etc/qm/containers/systemd", " in QM"),
];
/// The directories beside a unit whose links start other units with it, and how that is shown.
const STARTS: [(&str, &str); 3] = [(".wants", ""), (".requires", " (requires)"), (".upholds", " (upholds)")];
const KINDS: [&str; 18] = [
    "service",
    "socket",
    "target",
    "timer",
    "path",
    "mount",
    "automount",
    "swap",
    "slice",
    "scope",
    "device",
    "container",
    "volume",
    "network",
    "kube",
    "pod",
    "image",
    "build",
];

/// What is known of a unit.
#[derive(Default)]
struct Unit {
    /// The path of the file that counts, and what it holds.
    file: Option<(String, Value)>,
    is_masked: bool,
    started_by: Vec<String>,
    /// The paths of the drop-ins, and what they hold.
    drop_ins: Vec<(String, Value)>,
}

pub(super) fn compare(old: &Side, new: &Side) -> PartDifference {
    PartDifference::known(Part::Units, compare_items(&items(old), &items(new)))
}

fn items(side: &Side) -> Items {
    let tree = side.image.index.tree();
    let mut units: SmallMap<String, Unit> = SmallMap::new();
    for (directory, suffix) in DIRECTORIES {
        let found = ImagePath::parse(directory).ok().and_then(|path| tree.follow(&path).ok());
        let Some(entry) = found.and_then(|path| tree.get(&path)) else { continue };
        for (name, entry) in entry.children() {
            read(directory, suffix, (name, entry), &mut units);
        }
    }
    units.iter().map(|(name, unit)| (name.clone(), unit.facts())).collect()
}

/// Reads an entry of a directory of units.
fn read(directory: &str, suffix: &str, (name, entry): (&str, Node<'_>), units: &mut SmallMap<String, Unit>) {
    if !entry.node.kind.is_directory() {
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        let unit = KINDS.contains(&kind).then(|| units.or_default(format!("{name}{suffix}")));
        if let Some(unit) = unit.filter(|unit| unit.file.is_none()) {
            unit.is_masked = entry.node.kind.target() == Some("/dev/null")
                || facts(&entry.node.kind).is_some_and(|facts| facts.size == 0);
            unit.file = Some((format!("{directory}/{name}"), content(entry)));
        }
        return;
    }
    if let Some(of) = name.strip_suffix(".d") {
        let unit = units.or_default(format!("{of}{suffix}"));
        for (file, entry) in entry.children().filter(|(file, _)| file.strip_suffix(".conf").is_some()) {
            unit.drop_ins.push((format!("{directory}/{name}/{file}"), content(entry)));
        }
    }
    for (ending, how) in STARTS {
        if let Some(by) = name.strip_suffix(ending) {
            for (started, _) in entry.children() {
                let by = format!("{by}{how}");
                let unit = units.or_default(format!("{started}{suffix}"));
                if !unit.started_by.contains(&by) {
                    unit.started_by.push(by);
                }
            }
        }
    }
}

fn content(entry: Node<'_>) -> Value {
    match &entry.node.kind {
        Kind::Symlink { target } => json!(format!("-> {target}")),
        kind => json!(facts(kind).map(|facts| &facts.digest)),
    }
}

impl Unit {
    fn facts(&self) -> Facts {
        let mut found = Facts::new();
        if let Some((path, content)) = &self.file {
            found.extend([("file", json!(path)), ("content", content.clone())]);
        }
        if self.is_masked {
            found.push(("masked", json!(true)));
        }
        let mut started_by = self.started_by.clone();
        started_by.sort();
        if !started_by.is_empty() {
            found.push(("started by", json!(started_by)));
        }
        let (paths, contents): (Vec<_>, Vec<_>) = self.drop_ins.iter().cloned().unzip();
        if !paths.is_empty() {
            found.extend([("drop-ins", json!(paths)), ("content of drop-ins", json!(contents))]);
        }
        found
    }
}
