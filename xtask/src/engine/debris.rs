//! What building leaves in a layer although nobody asked for it: an engine's mount points, side files of an rpm
//! database, what a Python program compiled of itself. Each rule is here once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use lapstrake::value::ImagePath;

use super::stored::Stored;
use lapstrake_oci::tree::{Kind, Node, Tree};

/// Mount points that an engine makes for a step, where the base lacks them (Containerfile(5), RUN).
const MOUNTS: [&str; 5] = ["/dev", "/proc", "/run", "/sys", "/tmp"];
/// Empty files that an engine mounts its own over.
const PLACEHOLDERS: [&str; 4] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/run/.containerenv"];
/// Side files, of `SQLite` and Berkeley DB, of an rpm database: a reader leaves them, none needs them.
const RPMDB: [&str; 2] = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];

/// The paths of a layer that are left over from building it.
pub(super) struct Leftovers(BTreeSet<ImagePath>);

impl Leftovers {
    pub(super) fn of(nodes: &BTreeMap<ImagePath, Node<Stored>>, below: &Tree<Stored>) -> Self {
        let is_left = |path: &ImagePath, node: &Node<Stored>| {
            let is_new = below.get(path).is_none();
            is_new && MOUNTS.contains(&path.as_str()) && node.kind.is_directory()
                || is_new && PLACEHOLDERS.contains(&path.as_str()) && is_empty(node)
                || lies_in(path, &["/run"])
                || lies_in(path, &RPMDB) && is_side_file(path.file_name())
                || is_new && is_bytecode_of_another(path, nodes)
        };
        let mut left: BTreeSet<ImagePath> =
            nodes.iter().filter(|(path, node)| is_left(path, node)).map(|(path, _)| path.clone()).collect();
        // A directory that is new for the sake of what is left over goes with it.
        for (path, node) in nodes.iter().rev() {
            let is_cache = path.file_name() == "__pycache__";
            let holds = || {
                let prefix = format!("{path}/");
                let below = nodes.range::<str, _>((Bound::Excluded(prefix.as_str()), Bound::Unbounded));
                let mut below =
                    below.map(|(other, _)| other).take_while(|other| other.as_str().starts_with(&prefix));
                below.any(|other| !left.contains(other))
            };
            if is_cache && node.kind.is_directory() && below.get(path).is_none() && !holds() {
                left.insert(path.clone());
            }
        }
        Self(left)
    }

    pub(super) fn has(&self, path: &ImagePath) -> bool {
        self.0.contains(path)
    }
}

fn is_empty(node: &Node<Stored>) -> bool {
    matches!(node.kind, Kind::File(Stored { size: 0, .. }))
}

fn lies_in(path: &ImagePath, directories: &[&str]) -> bool {
    directories
        .iter()
        .any(|directory| path.as_str().strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')))
}

fn is_side_file(name: &str) -> bool {
    name.ends_with("-shm") || name.ends_with("-wal") || name.starts_with("__db.") || name == ".rpm.lock"
}

/// Whether it is compiled Python whose source the layer does not bring: the package manager compiled
/// itself. What a package ships has its source beside it.
fn is_bytecode_of_another(path: &ImagePath, nodes: &BTreeMap<ImagePath, Node<Stored>>) -> bool {
    let Some(stem) = path.file_name().strip_suffix(".pyc") else { return false };
    let Some(directory) = path.parent().filter(|parent| parent.file_name() == "__pycache__") else {
        return false;
    };
    let module = stem.split_once('.').map_or(stem, |(module, _)| module);
    let source = directory.parent().and_then(|above| above.join(&format!("{module}.py")).ok());
    source.is_none_or(|source| !nodes.contains_key(&source))
}
