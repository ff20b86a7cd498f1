//! Compares the shape of an entry with its grammar. The error for an entry with another shape shows the entry as it
//! should be written.

use camino::Utf8Path;
use lapstrake::entry::Unit;
use lapstrake::value::UnitName;

use super::Checker;
use crate::diagnostic::Place;
use crate::image::grammar::{Form, Shape};
use crate::image::syntax::Entry;
use crate::image::tokens::Operand;
use crate::image::value_kind::ValueKind;

/// The operands of an entry that has one of its shapes.
pub(super) struct Parts<'a> {
    pub(super) shape: Shape,
    pub(super) head: &'a Operand,
    pub(super) second: Option<&'a Operand>,
    pub(super) third: Option<&'a Operand>,
}

impl Checker<'_> {
    /// Returns the operands of an entry, or reports why it has none of its shapes.
    pub(super) fn parts<'a>(&mut self, form: &'static Form, entry: &'a Entry) -> Option<Parts<'a>> {
        let arrow = entry.arrow.as_ref();
        let content = entry.content.as_ref();
        let (symbol, to) = (arrow.map(|arrow| arrow.symbol), arrow.map(|arrow| &arrow.to));
        if let Some(head) = &entry.head {
            for shape in form.shapes {
                let fits = match shape {
                    Shape::One(kind) => {
                        let named = *kind == ValueKind::File && !names_a_file(head);
                        (content.is_none() && entry.list.is_none() && symbol.is_none() && !named)
                            .then_some((None, None))
                    }
                    Shape::Onto(..) => (content.is_none() && symbol == Some("=>")).then_some((to, None)),
                    Shape::Link(..) => (content.is_none() && symbol == Some("->")).then_some((to, None)),
                    Shape::Named(..) => (content.is_some() && symbol.is_none()).then_some((content, None)),
                    Shape::NamedOnto(..) => {
                        (content.is_some() && symbol == Some("=>")).then_some((content, to))
                    }
                    Shape::List(_) => (content.is_none() && symbol.is_none()).then_some((None, None)),
                    Shape::Listed(..) => {
                        let lines = entry.list.as_ref().or(content);
                        (lines.is_some() && symbol.is_none()).then_some((lines, None))
                    }
                };
                if let Some((second, third)) = fits {
                    if let (Shape::One(_), Some(list)) = (shape, head.list()) {
                        let keyword = form.keyword;
                        let first = list.first().map_or("…".to_owned(), Operand::written);
                        let message = format!("`{keyword}` takes one value, and this is a list");
                        self.error(
                            head.place(),
                            message,
                            match keyword {
                                "shell" => format!("write `run {}`", head.written()),
                                _ => format!("write `{keyword} {first}`, and one for each"),
                            },
                        );
                        return None;
                    }
                    if self.is_swapped(*shape, entry, head, second) {
                        return None;
                    }
                    return Some(Parts { shape: *shape, head, second, third });
                }
            }
        }
        if !entry.broken {
            self.misshapen(form, entry);
        }
        None
    }

    /// Reports a `file` or a `tree` with a stage, for which `image!` has `built` and `built_tree`, and returns whether
    /// the entry is one.
    pub(super) fn is_of_a_stage(&mut self, entry: &Entry) -> bool {
        let keyword = entry.keyword.to_string();
        let built = match keyword.as_str() {
            "file" => "built",
            "tree" => "built_tree",
            _ => return false,
        };
        let stage = entry
            .options
            .iter()
            .find(|setting| ["stage", "from_stage", "in_stage", "from"].iter().any(|key| setting.key == key));
        let Some(stage) = stage else { return false };
        let from = entry.head.as_ref().map_or("\"/…\"".to_owned(), Operand::written);
        let to = entry.arrow.as_ref().map_or("\"/…\"".to_owned(), |arrow| arrow.to.written());
        let value = stage.value.as_ref().map_or("STAGE".to_owned(), Operand::written);
        let help = format!("write `{built} {from} => {to} {{ stage: {value} }}`");
        let message = format!("`{keyword}` is of the workspace, and has no stage");
        self.error(stage.key.span(), message, help);
        true
    }

    /// Reports operands in the wrong order as one mistake, because their parsers would report two.
    fn is_swapped(&mut self, shape: Shape, entry: &Entry, head: &Operand, second: Option<&Operand>) -> bool {
        let Some((first, second_text)) = head.text().zip(second.and_then(Operand::text)) else {
            return false;
        };
        let (from, to) = (head.written(), second.map(Operand::written).unwrap_or_default());
        let keyword = &entry.keyword;
        match shape {
            Shape::Onto(ValueKind::File | ValueKind::Directory, ValueKind::Destination)
                if first.starts_with('/') && !second_text.starts_with('/') =>
            {
                let message = format!("`{keyword}` has its source and its destination the wrong way round");
                self.error(entry.operands_place(), message, format!("write `{keyword} {to} => {from}`"));
                true
            }
            Shape::Onto(ValueKind::File, ValueKind::Unit)
                if UnitName::parse(&first).is_ok() && is_conf(&second_text) =>
            {
                let message = "`drop_in` has its file and its unit the wrong way round";
                self.error(entry.operands_place(), message, format!("write `drop_in {to} => {from}`"));
                true
            }
            Shape::Link(..) if !first.starts_with('/') && second_text.starts_with('/') => {
                let message = "`symlink` has its link and its target the wrong way round";
                self.error(entry.operands_place(), message, format!("write `symlink {to} -> {from}`"));
                true
            }
            _ => false,
        }
    }

    /// Reports what an entry lacks or has too much of.
    fn misshapen(&mut self, form: &Form, entry: &Entry) {
        let keyword = form.keyword;
        let example = entry.example();
        let like = format!("write it like `{example}`");
        let Some(head) = &entry.head else {
            return self.error(entry.keyword.span(), format!("`{keyword}` says nothing"), like);
        };
        let written = head.written();
        let to = entry.arrow.as_ref().map(|arrow| arrow.to.written());
        let arrow_at = entry.arrow.as_ref().map(|arrow| arrow.place);
        match (form.shapes.first(), arrow_at, to) {
            (Some(Shape::Onto(..)), Some(at), Some(to)) => {
                self.error(
                    at,
                    format!("`{keyword}` is written with `=>`"),
                    format!("write `{keyword} {written} => {to}`"),
                );
            }
            (Some(Shape::Link(..)), Some(at), Some(to)) => {
                self.error(
                    at,
                    "`symlink` is written with `->`, as ls(1) shows it",
                    format!("write `symlink {written} -> {to}`"),
                );
            }
            (Some(Shape::Onto(..) | Shape::Link(..)), None, _) if entry.content.is_some() => {
                let arrow = if keyword == "symlink" { "->" } else { "=>" };
                let to = entry.content.as_ref().map(Operand::written).unwrap_or_default();
                let message = format!("`{keyword}` is written with `{arrow}`, not with `=`");
                self.error(
                    entry.operands_place(),
                    message,
                    format!("write `{keyword} {written} {arrow} {to}`"),
                );
            }
            (Some(Shape::Onto(_, ValueKind::Unit)), ..) => {
                self.error(
                    entry.place,
                    "`drop_in` lacks the unit that it changes",
                    format!("write `drop_in {written} => \"NAME.service\"`"),
                );
            }
            (Some(Shape::Onto(..)), ..) => {
                let message = format!("`{keyword}` lacks its destination");
                self.error(entry.place, message, format!("write `{keyword} {written} => \"/…\"`"));
            }
            (Some(Shape::Link(..)), ..) => {
                self.error(
                    entry.place,
                    "`symlink` lacks its target",
                    format!("write `symlink {written} -> \"TARGET\"`"),
                );
            }
            (Some(Shape::Listed(..)), None, _) if head.list().is_some() => {
                let message = format!("`{keyword}` lacks the name of its file");
                self.error(entry.place, message, format!("write `{keyword} \"NAME\" {written}`"));
            }
            (Some(Shape::Listed(..)), None, _) if entry.content.is_none() => {
                let list = example.split_once('[').map_or("", |(_, list)| list);
                let message = format!("`{keyword}` lacks its lines");
                self.error(entry.place, message, format!("write `{keyword} {written} [{list}`"));
            }
            (Some(Shape::Named(ValueKind::LabelKey | ValueKind::Variable, _)), None, _)
                if entry.content.is_none() =>
            {
                let text = head.text().unwrap_or_default();
                let (key, value) = text.split_once('=').unwrap_or((&text, "…"));
                let help = format!("write `{keyword} {key:?} = {value:?}`");
                self.error(entry.place, format!("`{keyword}` lacks its value"), help);
            }
            (_, Some(at), Some(to)) => {
                let help = without_destination(keyword, &written, &to).unwrap_or(like);
                self.error(at, format!("`{keyword}` has no `=>`"), help);
            }
            _ => {
                let at = entry.content.as_ref().map_or(entry.place, Operand::place);
                self.error(at, format!("this does not belong to `{keyword}`"), like);
            }
        }
    }
}

/// Returns how an entry with a destination of its own is written.
fn without_destination(keyword: &str, written: &str, to: &str) -> Option<String> {
    match keyword {
        "bin" => Some(format!("write `bin {written} {{ at: {to} }}`")),
        "unit" => Some(format!("units go to `{}`; write `unit {written}`", Unit::DIRECTORY)),
        _ => None,
    }
}

impl Entry {
    /// Whether only options follow the keyword.
    pub(super) fn is_options_alone(&self) -> bool {
        let empty =
            self.head.is_none() && self.list.is_none() && self.content.is_none() && self.arrow.is_none();
        empty && !self.options.is_empty() && !self.broken
    }

    /// Returns the place of all operands, or of the keyword if there are none.
    pub(super) fn operands_place(&self) -> Place {
        let all = [
            self.head.as_ref(),
            self.list.as_ref(),
            self.content.as_ref(),
            self.arrow.as_ref().map(|arrow| &arrow.to),
        ];
        let mut places = all.into_iter().flatten().map(Operand::place);
        let first = places.next();
        first.map_or(self.keyword.span().into(), |first| places.fold(first, Place::to))
    }
}

/// Whether an operand of `sysusers` or `tmpfiles` is the path of a file, not a name. A computed operand is a path.
fn names_a_file(operand: &Operand) -> bool {
    operand.text().is_none_or(|text| text.contains('/') || is_conf(&text))
}

fn is_conf(path: &str) -> bool {
    Utf8Path::new(path).extension() == Some("conf")
}
