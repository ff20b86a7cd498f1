//! Each kind of entry as the builder call that says the same. One entry is one call, so that a Site is the
//! entry's own line.

use camino::Utf8Path;
use lapstrake::entry::{DropIn, Kargs, State, Sysusers, Tmpfiles};
use lapstrake::value::{Asset, ImagePath, Karg, SysusersLine, TmpfilesLine, UnitName};
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::check::Checker;
use super::form::{self, Form, Shape};
use super::keyword;
use super::syntax::{Entry, Setting};
use super::tokens::Operand;
use super::word::Word;
use crate::diagnostic::Place;

/// The directory of the vendor's units; systemd.unit(5).
const UNITS: &str = "/usr/lib/systemd/system";

/// An entry whose parts are those of one of its shapes.
struct Parts<'a> {
    shape: Shape,
    head: &'a Operand,
    second: Option<&'a Operand>,
    third: Option<&'a Operand>,
}

impl Checker<'_> {
    /// The call of an entry; none where too little of it was written.
    pub(super) fn entry(&mut self, entry: &Entry) -> Option<TokenStream> {
        let form = form::find(&entry.keyword.to_string())?;
        let parts = self.parts(form, entry)?;
        let operands = self.operands(&parts);
        let options = self.settings(form, &entry.options);
        self.claim(entry, &parts);
        Some(self.build(entry, &parts, &operands, &options))
    }

    fn build(
        &mut self,
        entry: &Entry,
        parts: &Parts<'_>,
        operands: &[TokenStream],
        options: &TokenStream,
    ) -> TokenStream {
        let keyword = entry.keyword.to_string();
        let span = entry.keyword.span();
        let plain = |method: &str| {
            let method = Ident::new(method, span);
            quote_spanned!(span=> .#method(#(#operands),*))
        };
        let with = |call: TokenStream, method: &str| {
            let method = Ident::new(method, span);
            quote_spanned!(span=> .#method(#call(#(#operands),*) #options))
        };
        match (keyword.as_str(), parts.shape) {
            ("bin", _) if options.is_empty() => plain("bin"),
            ("bin", _) => with(self.call("Bin", "new", span), "bin"),
            ("unit", Shape::Named(..)) => with(self.call("Unit", "text", span), "unit"),
            ("unit", _) => with(self.call("Unit", "file", span), "unit"),
            ("drop_in", Shape::Onto(..)) => with(self.call("DropIn", "file", span), "with"),
            ("drop_in", _) => with(self.call("DropIn", "text", span), "with"),
            ("sysusers", Shape::One(_)) => with(self.call("Sysusers", "file", span), "with"),
            ("tmpfiles", Shape::One(_)) => with(self.call("Tmpfiles", "file", span), "with"),
            _ if options.is_empty() => plain(&keyword),
            ("file", _) => with(self.call("File", "new", span), "with"),
            ("text", _) => with(self.call("File", "text", span), "with"),
            ("tree", _) => with(self.call("Tree", "new", span), "with"),
            ("dir", _) => with(self.call("Dir", "new", span), "with"),
            ("symlink", _) => with(self.call("Symlink", "new", span), "with"),
            ("kargs", _) => with(self.call("Kargs", "new", span), "with"),
            // What has no options of its own; a wrong one was told.
            _ => plain(&keyword),
        }
    }

    /// The arguments of the call, checked, in the builder's order.
    fn operands(&mut self, parts: &Parts<'_>) -> Vec<TokenStream> {
        let second = |checker: &mut Self, word| parts.second.map(|value| checker.word(word, value));
        match parts.shape {
            Shape::One(word) => vec![self.word(word, parts.head)],
            // A drop-in names its unit first.
            Shape::Onto(from, Word::Unit) => {
                let file = self.word(from, parts.head);
                second(self, Word::Unit).into_iter().chain([file]).collect()
            }
            Shape::Onto(from, to) | Shape::Link(from, to) | Shape::Named(from, to) => {
                let head = self.word(from, parts.head);
                [head].into_iter().chain(second(self, to)).collect()
            }
            Shape::NamedOnto(name, content, to) => {
                let name = self.borrowed(name, parts.head);
                let content = second(self, content);
                let to = parts.third.map(|value| self.word(to, value));
                to.into_iter().chain([name]).chain(content).collect()
            }
            Shape::List(word) => vec![self.words(word, parts.head)],
            Shape::Listed(name, word) => {
                let name = self.borrowed(name, parts.head);
                let lines = parts.second.map(|value| self.words(word, value));
                [name].into_iter().chain(lines).collect()
            }
        }
    }

    /// A name that the builder takes as `&str`: what is computed may be a `String`.
    fn borrowed(&mut self, word: Word, value: &Operand) -> TokenStream {
        let tokens = self.word(word, value);
        if value.literal().is_some() {
            return tokens;
        }
        let span = value.place().start;
        quote_spanned!(span=> &#tokens)
    }

    /// The shape that an entry has, or what it lacks.
    fn parts<'a>(&mut self, form: &'static Form, entry: &'a Entry) -> Option<Parts<'a>> {
        let arrow = entry.arrow.as_ref();
        let content = entry.content.as_ref();
        let (symbol, to) = (arrow.map(|arrow| arrow.symbol), arrow.map(|arrow| &arrow.to));
        if let Some(head) = &entry.head {
            for shape in form.shapes {
                let fits = match shape {
                    Shape::One(word) => {
                        let named = *word == Word::File && !names_a_file(head);
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
                    if self.is_swapped(*shape, entry, head, second) {
                        return None;
                    }
                    return Some(Parts { shape: *shape, head, second, third });
                }
            }
        }
        self.misshapen(form, entry);
        None
    }

    /// Source and destination the wrong way round, which would be two mistakes to their parsers.
    fn is_swapped(&mut self, shape: Shape, entry: &Entry, head: &Operand, second: Option<&Operand>) -> bool {
        let Some((first, second_text)) = head.text().zip(second.and_then(Operand::text)) else {
            return false;
        };
        let (from, to) = (head.written(), second.map(Operand::written).unwrap_or_default());
        let keyword = &entry.keyword;
        match shape {
            Shape::Onto(Word::File | Word::Directory, Word::Destination)
                if first.starts_with('/') && !second_text.starts_with('/') =>
            {
                let message = format!("`{keyword}` has its source and its destination the wrong way round");
                self.error(entry.operands_place(), message, format!("write `{keyword} {to} => {from}`"));
                true
            }
            Shape::Onto(Word::File, Word::Unit)
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

    /// Says what an entry lacks, or has too much of.
    fn misshapen(&mut self, form: &Form, entry: &Entry) {
        let keyword = form.keyword;
        let example = keyword::find(keyword).map_or("", |keyword| keyword.example);
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
            (Some(Shape::Onto(_, Word::Unit)), ..) => {
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
            (Some(Shape::Listed(..)), None, _) if entry.content.is_none() => {
                let list = example.split_once('[').map_or("", |(_, list)| list);
                let message = format!("`{keyword}` lacks its lines");
                self.error(entry.place, message, format!("write `{keyword} {written} [{list}`"));
            }
            (Some(Shape::Named(..)), None, _) if entry.content.is_none() => {
                self.error(
                    entry.place,
                    format!("`{keyword}` lacks its value"),
                    format!("write `{keyword} {written} = \"…\"`"),
                );
            }
            (_, Some(at), Some(to)) => {
                let help = match keyword {
                    "bin" => format!("write `bin {written} {{ at: {to} }}`"),
                    "unit" => format!("units go to `{UNITS}`; write `unit {written}`"),
                    _ => like,
                };
                self.error(at, format!("`{keyword}` has no `=>`"), help);
            }
            _ => {
                let at = entry.content.as_ref().map_or(entry.place, Operand::place);
                self.error(at, format!("this does not belong to `{keyword}`"), like);
            }
        }
    }

    /// Notes what the entry claims, as far as its literals say.
    fn claim(&mut self, entry: &Entry, parts: &Parts<'_>) {
        let at = entry.operands_place();
        let option = |key: &str| entry.options.iter().find(|setting| setting.key == key);
        let value = |key: &str| option(key).and_then(|setting| setting.value.as_ref());
        let head = parts.head.text();
        let second = parts.second.and_then(Operand::text);
        let third = parts.third.and_then(Operand::text);
        let path = |text: Option<String>| text.and_then(|text| ImagePath::parse(&text).ok());
        let unit = |text: Option<String>| text.and_then(|text| UnitName::parse(&text).ok());
        let file_name = |text: &str| Asset::new(text).path().file_name().map(str::to_owned);
        let second_at = parts.second.map_or(at, Operand::place);
        match entry.keyword.to_string().as_str() {
            "bin" => match (value("at"), head) {
                (Some(to), _) => self.claims.file(to.place(), path(to.text())),
                (None, Some(name)) => self.claims.file(at, path(Some(format!("/usr/bin/{name}")))),
                (None, None) => {}
            },
            "file" | "text" => self.claims.file(second_at, path(second)),
            "tree" => self.claims.directory(second_at, path(second), None),
            "dir" => {
                let said = said_of(value("mode"), value("owner"));
                self.claims.directory(at, path(head), said);
            }
            "symlink" => self.claims.symlink(parts.head.place(), path(head)),
            "remove" => self.claims.removal(at, path(head)),
            "unit" => {
                let named = value("named");
                let name = match (named, parts.shape) {
                    (Some(named), _) => unit(named.text()),
                    (None, Shape::Named(..)) => unit(head),
                    (None, _) => {
                        head.and_then(|asset| self.unit_of_file(&asset, file_name(&asset), parts.head))
                    }
                };
                let Some(name) = name else { return };
                let at = named.map_or(parts.head.place(), Operand::place);
                self.claims.file(at, path(Some(format!("{UNITS}/{name}"))));
                if let Some(enabled) = option("enabled") {
                    self.claims.state(enabled.key.span(), &name, State::Enabled);
                }
                self.instances(&name, option("enabled_as"));
            }
            "drop_in" => {
                let (name, unit_text) = match parts.shape {
                    Shape::Onto(..) => (head.and_then(|asset| file_name(&asset)), second),
                    _ => (head, third),
                };
                let Some((name, unit)) = name.zip(unit(unit_text)) else { return };
                let to = DropIn::text(unit.as_str(), &name, "");
                self.claims.file(at, to.at().get().ok().cloned());
                self.claims.drop_in(at, &unit);
            }
            "enable" => self.claims.states(at, unit(head), State::Enabled),
            "disable" => self.claims.states(at, unit(head), State::Disabled),
            "mask" => self.claims.states(at, unit(head), State::Masked),
            "default_target" => self.claims.states(at, unit(head), State::DefaultTarget),
            keyword @ ("sysusers" | "tmpfiles" | "kargs") => {
                let name = match parts.shape {
                    Shape::One(_) => head.and_then(|asset| file_name(&asset)),
                    _ => head,
                };
                let at = parts.head.place();
                let to = name.and_then(|name| conf(keyword, &name));
                self.claims.file(at, to);
            }
            "run" if parts.head.list().is_some_and(|argv| argv.is_empty()) => {
                self.error(at, "a run step has no program", "write `run [\"ldconfig\"]`");
            }
            _ => {}
        }
    }

    /// The unit that a file is by its name.
    fn unit_of_file(&mut self, asset: &str, name: Option<String>, at: &Operand) -> Option<UnitName> {
        match UnitName::parse(&name?) {
            Ok(unit) => Some(unit),
            Err(error) => {
                let located = crate::asset::locate(asset).is_ok_and(|found| !found.directory);
                if located {
                    let help = format!(
                        "write `unit {} {{ named: \"NAME.service\" }}`, or rename the file",
                        at.written()
                    );
                    self.error(at.place(), error.to_string(), help);
                }
                None
            }
        }
    }

    fn instances(&mut self, unit: &UnitName, setting: Option<&Setting>) {
        let Some(list) = setting.and_then(|setting| setting.value.as_ref()).and_then(Operand::list) else {
            return;
        };
        if !unit.is_template() {
            let key = setting.map_or_else(proc_macro2::Span::call_site, |setting| setting.key.span());
            let message = format!("`{unit}` is no template, and has no instances");
            return self.error(key, message, "write `enabled`; a template is named `NAME@.service`");
        }
        for instance in &list {
            let Some(text) = instance.text() else { continue };
            if let Some(unit) = unit.instantiate(&text) {
                self.claims.state(instance.place(), &unit, State::Enabled);
            } else {
                let message = format!("`{}` is no instance of `{unit}`", text.escape_debug());
                let help = "write what stands between `@` and the suffix: `\"can0\"`";
                self.error(instance.place(), message, help);
            }
        }
    }
}

impl Entry {
    /// What stands between the keyword and the options.
    fn operands_place(&self) -> Place {
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

/// Whether a computed or written operand of `sysusers` and `tmpfiles` is a file's path, not a name.
fn names_a_file(operand: &Operand) -> bool {
    operand.text().is_none_or(|text| text.contains('/') || is_conf(&text))
}

fn is_conf(path: &str) -> bool {
    Utf8Path::new(path).extension() == Some("conf")
}

/// What is said of a directory, in words that are equal when it is; none where it is not known.
fn said_of(mode: Option<&Operand>, owner: Option<&Operand>) -> Option<String> {
    let mode = match mode {
        Some(mode) => mode.literal().map(|_| mode.written())?,
        None => String::new(),
    };
    let owner = match owner {
        Some(owner) => owner.text()?,
        None => String::new(),
    };
    (!mode.is_empty() || !owner.is_empty()).then(|| format!("{mode} {owner}"))
}

/// Where a file of a `.d` directory goes, as the builder knows it.
fn conf(keyword: &str, name: &str) -> Option<ImagePath> {
    match keyword {
        "sysusers" => Sysusers::lines(name, <[SysusersLine; 0]>::default()).at().get().ok().cloned(),
        "tmpfiles" => Tmpfiles::lines(name, <[TmpfilesLine; 0]>::default()).at().get().ok().cloned(),
        _ => Kargs::new(name, <[Karg; 0]>::default()).at().get().ok().cloned(),
    }
}
