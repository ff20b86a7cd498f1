//! The lines of tmpfiles.d that an image has. It reads; what is wrong with them is for checks to say.

use lapstrake::value::TmpfilesLine;

use super::tree::{Node, Tree};

/// One line, and the file that it is in.
pub(super) struct Line<'a> {
    pub(super) node: Node<'a>,
    fields: Vec<String>,
}

impl Line<'_> {
    /// What is in a field; none for an empty one and for `-`. 1 is the path.
    pub(super) fn given(&self, at: usize) -> Option<&str> {
        self.fields.get(at).map(String::as_str).filter(|field| !field.is_empty() && *field != "-")
    }

    /// The letter of its type, without modifiers.
    pub(super) fn kind(&self) -> char {
        self.fields.first().and_then(|kind| kind.chars().next()).unwrap_or_default()
    }
}

/// The lines of all its files. A text that is not a line is ignored, as systemd-tmpfiles does.
pub(super) fn lines<'a>(tree: &Tree<'a>) -> impl Iterator<Item = Line<'a>> {
    let files = ["/usr/lib/tmpfiles.d", "/etc/tmpfiles.d"].into_iter().flat_map(|place| tree.children(place));
    files.filter(|node| node.ends_with(".conf")).flat_map(|node| {
        let text = tree.text(node.path().as_str()).unwrap_or_default();
        let parsed = text.lines().filter_map(|line| TmpfilesLine::parse(line.trim()).ok());
        parsed.map(move |line| Line { node: node.clone(), fields: line.fields() }).collect::<Vec<_>>()
    })
}
