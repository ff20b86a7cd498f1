//! The unit files that a layer copies, moves or edits. Enabling reads their `[Install]` sections before the layer is
//! planned.

use lapstrake::entry::{Copied, Edit, EntryKind};
use lapstrake::value::ImagePath;
use lapstrake::{Layer, Site};
use lapstrake_oci::tree::{Kind, Tree};

use super::WantedText;
use super::below::Below;
use super::copied_from::CopiedFrom;
use super::edit::{Edited, Lower};
use super::enablement::Manager;
use super::lower_texts::EDITED_MAX;
use super::resolve::Resolver;
use super::site::site_or;
use crate::base::{File, Node};

impl Resolver<'_> {
    /// Adds the units that a layer copies, moves or edits to the image's own. `from` are the trees that it copies from.
    /// What can't be copied or edited is reported when it is placed.
    pub(super) fn changed_units(&mut self, layer: &Layer, from: &CopiedFrom) {
        if self.unseen.is_some() {
            return;
        }
        for entry in &layer.entries {
            match &entry.kind {
                EntryKind::Copied(copied) => self.copied_units(copied, &from.left),
                EntryKind::Edit(edit) => self.edited_unit(edit, site_or(entry.site, layer.site), &from.left),
                _ => {}
            }
        }
    }

    fn copied_units(&mut self, copied: &Copied, tree: &Tree<File>) {
        let (Ok(from), Ok(at)) = (copied.from.get(), copied.at.get()) else { return };
        let from = tree.resolve(from).unwrap_or_else(|_| from.clone());
        let at = self.merged.resolve(at).unwrap_or_else(|_| at.clone());
        if !may_have_units(&at) {
            return;
        }
        for (path, found) in tree.walk_from(&from) {
            let below = path.as_str()[from.as_str().len()..].trim_start_matches('/');
            let Ok(at) = (if below.is_empty() { Ok(at.clone()) } else { at.join(below) }) else { continue };
            if is_of_units(&at)
                && let Some(text) = self.copied_text(tree, (&path, found), &at)
            {
                self.own_units.insert(at, text);
            }
        }
    }

    /// Returns the text of a file that is copied to `at`; that of its target, if it is a symlink.
    fn copied_text(
        &mut self,
        tree: &Tree<File>,
        (path, found): (&ImagePath, Node<'_>),
        at: &ImagePath,
    ) -> Option<String> {
        let Kind::Symlink { .. } = &found.node.kind else { return self.lower_text(path, found) };
        let mut copied = tree.clone();
        copied.insert(at, found.node.clone(), found.layer).ok()?;
        let target = copied.follow(at).ok()?;
        self.lower_text(&target, copied.get(&target)?)
    }

    /// Returns the text of a file below the layer. A text that was not read yet is wanted.
    fn lower_text(&mut self, path: &ImagePath, found: Node<'_>) -> Option<String> {
        let facts = match &found.node.kind {
            Kind::File(File::Read(facts)) => facts,
            Kind::File(File::Planned) => return self.own_units.get(path).cloned(),
            _ => return None,
        };
        if let Some(text) = &facts.text {
            return Some(text.to_string());
        }
        if let Some(content) = self.shared.texts().get(&facts.digest) {
            return Some(String::from_utf8_lossy(&content).into_owned());
        }
        if facts.size <= EDITED_MAX {
            let (path, layer, digest, size) = (path.clone(), found.layer, facts.digest.clone(), facts.size);
            self.wanted.push(WantedText { path, layer, digest, size });
        }
        None
    }

    fn edited_unit(&mut self, edit: &Edit, site: Site, tree: &Tree<File>) {
        let Ok(at) = edit.at.get() else { return };
        if !tree.follow(at).is_ok_and(|path| is_of_units(&path)) {
            return;
        }
        let below = Below { tree, base: self.base.layers.len(), planned: &self.planned };
        let lower = Lower { below: &below, texts: self.shared.texts(), unseen: None };
        match lower.edit(at, edit, site) {
            Ok(Edited::File { path, text, .. }) => drop(self.own_units.insert(path, text)),
            Ok(Edited::Wanted(wanted)) => self.wanted.push(wanted),
            Ok(Edited::Undecided(_)) | Err(_) => {}
        }
    }
}

/// Returns whether systemd looks for units in the directory of the path.
fn is_of_units(path: &ImagePath) -> bool {
    Manager::directories().any(|directory| path.parent().is_some_and(|parent| parent.as_str() == directory))
}

/// Returns whether a unit can be at the path or below it.
fn may_have_units(path: &ImagePath) -> bool {
    is_of_units(path)
        || Manager::directories()
            .filter_map(|directory| ImagePath::parse(directory).ok())
            .any(|directory| directory.starts_with(path))
}
