//! One difference: what is added, removed or changed, and the facts about it on both sides.

use serde_json::Value;

use crate::support::small_map::SmallMap;

/// What an image has of a kind, by name, each with its facts in the order in which they are shown.
pub(super) type Items = SmallMap<String, Facts>;
pub(super) type Facts = Vec<(&'static str, Value)>;

/// Whether both images have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Added,
    Removed,
    Changed,
}

/// A thing that is not the same in both images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) how: How,
    pub(crate) name: String,
    /// All facts where one image alone has it, and else those that are different.
    pub(crate) facts: Vec<Fact>,
    /// Whether it gives rights to who executes it that it did not give before.
    pub(crate) gains_rights: bool,
}

/// A fact on both sides; none where the side has it not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) old: Option<Value>,
    pub(crate) new: Option<Value>,
}

impl How {
    /// Returns the word in a document.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    /// Returns the sign before a line.
    pub(crate) fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Changed => '~',
        }
    }
}

impl Change {
    /// Compares the facts about one thing. None where it is the same, or on no side.
    pub(super) fn of(name: &str, old: Option<&Facts>, new: Option<&Facts>) -> Option<Self> {
        let how = match (old, new) {
            (None, None) => return None,
            (None, Some(_)) => How::Added,
            (Some(_), None) => How::Removed,
            (Some(_), Some(_)) => How::Changed,
        };
        let find = |facts: Option<&Facts>, name: &str| {
            facts?.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
        };
        let mut facts: Vec<Fact> = Vec::new();
        for (name, _) in old.into_iter().chain(new).flatten() {
            let (old, new) = (find(old, name), find(new, name));
            if old != new && facts.iter().all(|fact| fact.name != *name) {
                facts.push(Fact { name, old, new });
            }
        }
        let name = name.to_owned();
        (how != How::Changed || !facts.is_empty()).then_some(Self { how, name, facts, gains_rights: false })
    }

    /// Returns a fact by its name.
    pub(crate) fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }
}

/// Compares what two images have of a kind.
pub(super) fn compare(old: &Items, new: &Items) -> Vec<Change> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let mut names: Vec<_> = new.keys().chain(gone).collect();
    names.sort();
    names.into_iter().filter_map(|name| Change::of(name, old.get(name), new.get(name))).collect()
}
