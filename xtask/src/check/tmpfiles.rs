//! The lines of tmpfiles.d that an image has. It reads; what is wrong with them is for checks to say.

use lapstrake::Span;
use lapstrake::value::TmpfilesLine;

use super::Fault;
use super::tree::{Node, Tree};

/// One line, and the file that it is in.
pub(super) struct Line<'a> {
    pub(super) node: Node<'a>,
    at: Span,
    fields: Vec<String>,
}

impl Line<'_> {
    /// What is in a field; none for an empty one and for `-`. 1 is the path.
    pub(super) fn given(&self, at: usize) -> Option<&str> {
        self.fields.get(at).map(String::as_str).filter(|field| !field.is_empty() && *field != "-")
    }

    /// Returns where the line is, or a word of it.
    pub(super) fn word(&self, word: &str) -> Span {
        self.at.word(self.node.text().unwrap_or_default(), word)
    }

    /// Returns a fault at a word of the line.
    pub(super) fn fault_at(&self, word: &str, message: impl Into<String>) -> Fault {
        Fault::at_span(&self.node, &self.word(word), message)
    }

    /// The letter of its type, without modifiers.
    pub(super) fn kind(&self) -> char {
        self.fields.first().and_then(|kind| kind.chars().next()).unwrap_or_default()
    }
}

/// The lines of all its files. A text that is not a line is ignored, as systemd-tmpfiles does.
pub(super) fn lines<'a>(tree: &Tree<'a>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for node in ["/usr/lib/tmpfiles.d", "/etc/tmpfiles.d"].into_iter().flat_map(|place| tree.children(place))
    {
        if !node.ends_with(".conf") {
            continue;
        }
        let text = tree.text(node.path().as_str()).unwrap_or_default();
        lines.extend(Span::lines(text).filter_map(|at| {
            let fields = TmpfilesLine::parse(at.of(text)).ok()?.fields();
            Some(Line { node: node.clone(), at, fields })
        }));
    }
    lines
}
