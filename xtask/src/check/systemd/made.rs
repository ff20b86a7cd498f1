//! What exists on the device beside the files of the image: what tmpfiles.d, the directories of units, and mounts make.

use std::collections::BTreeSet;

use lapstrake::systemd::UnitFile;

use super::loaded::DIRECTORIES;
use crate::check::tmpfiles::lines;
use crate::check::{Node, Tree};

/// Settings that make a directory, and where (systemd.exec(5)).
pub(super) const DIRECTORIES_OF_UNITS: [(&str, &str); 5] = [
    ("StateDirectory", "/var/lib"),
    ("CacheDirectory", "/var/cache"),
    ("LogsDirectory", "/var/log"),
    ("RuntimeDirectory", "/run"),
    ("ConfigurationDirectory", "/etc"),
];
const COMMANDS: [&str; 4] = ["ExecStartPre", "ExecStart", "ExecStartPost", "ExecStopPost"];
/// Where the kernel, or programs that run, put what no image has.
const UNKNOWN: [&str; 9] = ["/boot", "/dev", "/efi", "/media", "/mnt", "/proc", "/run", "/sys", "/tmp"];

/// The paths that a boot makes, every symlink of the image followed.
pub(super) struct Made<'t, 'a> {
    tree: &'t Tree<'a>,
    paths: BTreeSet<String>,
    /// The directories below which anything may be.
    opaque: BTreeSet<String>,
    /// The paths whose modes tmpfiles.d changes, and those below them.
    changed: BTreeSet<String>,
    /// The paths below `/etc` that commands of services name, each with the file that has the command.
    named: Vec<(String, String)>,
}

impl<'t, 'a> Made<'t, 'a> {
    pub(super) fn of(tree: &'t Tree<'a>) -> Self {
        let opaque = UNKNOWN.iter().map(|path| (*path).to_owned()).collect();
        let mut made =
            Self { tree, paths: BTreeSet::new(), opaque, changed: BTreeSet::new(), named: Vec::new() };
        for line in lines(tree) {
            let Some(path) = line.given(1).filter(|path| !path.contains(['%', '*', '?', '['])) else {
                continue;
            };
            match line.kind() {
                'd' | 'D' | 'v' | 'q' | 'Q' | 'f' | 'F' | 'L' | 'p' | 'c' | 'b' => made.add(path),
                'C' => made.add_opaque(path),
                'z' | 'Z' | 'a' | 'A' => made.changed.extend(tree.place(path).map(|path| path.to_string())),
                _ => {}
            }
        }
        let mounts = tree.text("/etc/fstab").unwrap_or_default().lines();
        for place in mounts.filter_map(|line| line.split_whitespace().nth(1)) {
            made.add_opaque(place);
        }
        made.add_units();
        made
    }

    fn add_units(&mut self) {
        let tree = self.tree;
        let of_directory = |node: Node<'a>| {
            let drop_ins = node.ends_with(".service.d").then(|| tree.children(node.path().as_str()));
            drop_ins.into_iter().flatten().chain([node.clone()]).collect::<Vec<_>>()
        };
        let nodes = DIRECTORIES.iter().flat_map(|directory| tree.children(directory));
        for node in nodes.flat_map(of_directory) {
            let Some(text) = node.text().filter(|_| node.is_file()) else { continue };
            let unit = UnitFile::parse(text);
            if node.ends_with(".mount") {
                unit.values("Mount", "Where").for_each(|place| self.add_opaque(place));
            } else if node.ends_with(".socket") {
                for key in ["ListenStream", "ListenDatagram", "ListenSequentialPacket", "ListenFIFO"] {
                    unit.values("Socket", key).for_each(|path| self.add(path));
                }
            } else if node.ends_with(".service") || node.ends_with(".conf") {
                for command in COMMANDS.iter().flat_map(|key| unit.values("Service", key)) {
                    let words = command.split(|c: char| c.is_whitespace() || "\"'<>=;|&".contains(c));
                    let paths = words.skip(1).filter(|word| word.starts_with("/etc/"));
                    let file = node.path().as_str();
                    self.named.extend(paths.map(|path| (path.to_owned(), file.to_owned())));
                }
                for (key, place) in DIRECTORIES_OF_UNITS {
                    let words = unit.values("Service", key).flat_map(str::split_whitespace);
                    let names =
                        words.flat_map(|word| word.split(':').take(2)).filter(|name| !name.is_empty());
                    names.for_each(|name| self.add(&format!("{place}/{name}")));
                }
            }
        }
    }

    fn add(&mut self, path: &str) {
        self.paths.extend(self.tree.place(path).map(|path| path.to_string()));
    }

    fn add_opaque(&mut self, path: &str) {
        self.opaque.extend(self.tree.place(path).filter(|path| !path.is_root()).map(|path| path.to_string()));
    }

    /// Returns whether a boot makes a path, or something below it.
    pub(super) fn has(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let first = self.paths.range(path.to_owned()..).next();
        let mut after = self.paths.range(below.clone()..);
        first.is_some_and(|first| first == path) || after.next().is_some_and(|next| next.starts_with(&below))
    }

    /// Returns whether a command of another unit names a path, and so may write it before a unit needs it.
    pub(super) fn may_be_written(&self, path: &str, unit: &str) -> bool {
        let is_of_unit =
            |file: &str| file.rsplit('/').next() == Some(unit) || file.contains(&format!("/{unit}.d/"));
        self.named.iter().any(|(named, file)| named == path && !is_of_unit(file))
    }

    /// Returns whether a boot may give a path another owner or mode.
    pub(super) fn may_change(&self, path: &str) -> bool {
        self.paths.contains(path) || self.may_have(path) || is_in(&self.changed, path)
    }

    /// Returns whether a path is where no image says what there is.
    pub(super) fn may_have(&self, path: &str) -> bool {
        is_in(&self.opaque, path)
    }
}

/// Returns whether a path or a directory above it is among some.
fn is_in(paths: &BTreeSet<String>, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.skip(1).any(|end| paths.contains(&path[..end]))
}
