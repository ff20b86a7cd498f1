//! What a row of the grammar is: the shapes of an entry, and its options.

use super::REPOSITORY;
use crate::image::value_kind::ValueKind;

/// What may stand around the keyword of an entry.
pub(in crate::image) struct Form {
    pub(in crate::image) keyword: &'static str,
    pub(in crate::image) shapes: &'static [Shape],
    pub(in crate::image) options: &'static [Choice],
}

/// One way to write it, and the type and function of `lapstrake` that it means.
#[derive(Debug, Clone, Copy)]
pub(in crate::image) enum Shape {
    /// `keyword A`
    One(ValueKind),
    /// `keyword A => B`
    Onto(ValueKind, ValueKind),
    /// `keyword A -> B`
    Link(ValueKind, ValueKind),
    /// `keyword A = B`
    Named(ValueKind, ValueKind),
    /// `keyword A = B => C`
    NamedOnto(ValueKind, ValueKind, ValueKind),
    /// `keyword [A, …]`
    List(ValueKind),
    /// `keyword A [B, …]`, and `keyword A = B` with a list that is computed
    Listed(ValueKind, ValueKind),
}

/// An option, and what it takes.
pub(in crate::image) struct Choice {
    pub(in crate::image) key: &'static str,
    /// The method of the builder.
    pub(in crate::image) method: &'static str,
    pub(in crate::image) takes: Takes,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::image) enum Takes {
    /// It stands alone.
    Nothing,
    One(ValueKind),
    /// `[A, …]`
    Many(ValueKind),
    /// `A` or `[A, …]`, each a call of its own.
    Each(ValueKind),
    /// `A => B` or `[A => B, …]`, each a call of its own.
    Pair(ValueKind, ValueKind),
    /// `ID => URL`, with the options of [`REPOSITORY`], or a value of that type; or a list of them.
    Repository,
    /// `[SECTION, KEY] => VALUE`, or `KEY => VALUE`, each a call of its own.
    Setting,
    /// The first argument of the entry's call; needed.
    Argument(ValueKind),
}

impl Choice {
    /// Whether it is written with `=>`.
    pub(in crate::image) fn is_pair(&self) -> bool {
        matches!(self.takes, Takes::Pair(..) | Takes::Setting | Takes::Repository)
    }

    /// Whether it may be said more than once.
    pub(in crate::image) fn is_many(&self) -> bool {
        self.is_pair() || matches!(self.takes, Takes::Each(_))
    }

    /// A value to paste.
    pub(in crate::image) fn example(&self) -> String {
        match self.takes {
            Takes::Nothing => String::new(),
            Takes::One(kind) | Takes::Each(kind) | Takes::Argument(kind) => kind.example().to_owned(),
            Takes::Many(kind) => format!("[{}]", kind.example()),
            Takes::Pair(from, to) => format!("{} => {}", from.example(), to.example()),
            Takes::Setting => "[\"Journal\", \"Storage\"] => \"persistent\"".to_owned(),
            Takes::Repository => ValueKind::Repository.example().to_owned(),
        }
    }

    /// The options that it has itself.
    pub(in crate::image) fn form(&self) -> Option<&'static Form> {
        matches!(self.takes, Takes::Repository).then_some(&REPOSITORY)
    }
}

impl Form {
    /// Whether its name is followed by a list of lines.
    pub(in crate::image) fn is_listed(&self) -> bool {
        self.shapes.iter().any(|shape| matches!(shape, Shape::Listed(..)))
    }

    pub(in crate::image) fn option(&self, key: &str) -> Option<&'static Choice>
    where
        Self: 'static,
    {
        let options: &'static [Choice] = self.options;
        options.iter().find(|choice| choice.key == key)
    }
}
