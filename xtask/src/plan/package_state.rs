//! The lines of tmpfiles.d that make at boot what packages and steps have below `/var`.

use std::collections::BTreeSet;

use camino::Utf8Path;
use lapstrake::Site;
use lapstrake::value::{ImagePath, Mode, TmpfilesLine};
use lapstrake_oci::tree::{Kind, Metadata};

use super::place::Placer;
use super::{Origin, Undecided};
use crate::base::Node;

/// Where bootc looks for lines: at the vendor's alone.
const VENDOR: &str = "/usr/lib/tmpfiles.d";

/// Returns the line that makes a directory or a link; none for a file, which no line can make as it is.
pub(crate) fn line<F>(
    path: &ImagePath,
    kind: &Kind<F>,
    mode: Mode,
    user: &str,
    group: &str,
) -> Option<String> {
    match kind {
        Kind::Directory => Some(format!("d {} {mode} {user} {group} -", word(path.as_str()))),
        // The argument is the rest of the line, in which only specifiers have a meaning.
        Kind::Symlink { target } => {
            Some(format!("L {} - - - - {}", word(path.as_str()), target.replace('%', "%%")))
        }
        Kind::File(_) | Kind::Device { .. } | Kind::Fifo => None,
    }
}

/// Returns a path as a word of a line: quoted where it has blanks, its `%` doubled.
fn word(path: &str) -> String {
    let path = path.replace('%', "%%");
    if path.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        path
    }
}

impl Placer<'_, '_, '_> {
    /// Puts a file of lines in the layer.
    pub(super) fn package_state(&mut self, at: ImagePath, site: Site) {
        if let Some(layer) = self.unseen {
            let what = format!("`Tmpfiles::of_packages({:?})`", at.file_name().trim_end_matches(".conf"));
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return;
        }
        let made = self.vendor_paths();
        let lines = self.members.below.tree.walk().filter_map(|(path, node)| {
            let is_state = path.as_str().starts_with("/var/");
            let is_of_step = is_state && self.is_of_step(&path, &node);
            (is_of_step && !made.contains(path.as_str())).then(|| self.line_of(&path, &node)).flatten()
        });
        let text = lines.map(|line| line + "\n").collect();
        self.put(at, Kind::File(Origin::Text(text)), Metadata::of_root(Mode::FILE), site);
    }

    /// Whether packages or a step of a layer below put it there.
    fn is_of_step(&self, path: &ImagePath, node: &Node<'_>) -> bool {
        let below = &self.members.below;
        below.is_own(node.layer) && below.member(path, node.layer).is_none()
    }

    fn line_of(&self, path: &ImagePath, node: &Node<'_>) -> Option<String> {
        let metadata = &node.node.metadata;
        let name = |known: Option<&str>, id: u32| known.map_or_else(|| id.to_string(), str::to_owned);
        let user = name(self.base.user_name(metadata.uid), metadata.uid);
        let group = name(self.base.group_name(metadata.gid), metadata.gid);
        line(path, &node.node.kind, metadata.mode, &user, &group)
    }

    /// Returns the paths of the vendor's lines below this layer.
    fn vendor_paths(&self) -> BTreeSet<String> {
        let Ok(vendor) = ImagePath::parse(VENDOR) else { return BTreeSet::new() };
        let below = &self.members.below;
        let files =
            below.tree.children(&vendor).filter(|(name, _)| Utf8Path::new(name).extension() == Some("conf"));
        let texts = files.filter_map(|(name, node)| {
            let path = vendor.join(name).ok()?;
            match below.member(&path, node.layer).map(|member| &member.kind) {
                Some(Kind::File(Origin::Text(text))) => Some(text.clone()),
                _ => self.base.text(&path).map(str::to_owned),
            }
        });
        texts.flat_map(|text| paths(&text)).collect()
    }
}

fn paths(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| TmpfilesLine::parse(line.trim()).ok());
    lines.filter_map(|line| line.fields().into_iter().nth(1)).collect()
}
