//! One entry as it was written: keyword, operands, options. Also the fields of an image, `name:` and
//! `base:`, which are written alike.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::{Parser, starts_entry};
use crate::diagnostic::{Diagnostic, Place};
use crate::image::grammar::{self, Form, TRANSPORTS};
use crate::image::help;
use crate::image::keyword::{self, Level};
use crate::image::syntax::{Arrow, Base, Entry, Item};
use crate::image::tokens::{Cursor, Operand};

impl Parser {
    /// What follows the keyword of an entry.
    pub(super) fn entry(
        &mut self,
        cursor: &mut Cursor,
        keyword: Ident,
        level: Level,
    ) -> Result<Option<Item>, Diagnostic> {
        let name = keyword.to_string();
        let start = cursor.position();
        if keyword::is_field(&name, level) {
            self.colon(cursor, &keyword);
        }
        if let Some(group) = cursor.peek_group(Delimiter::Parenthesis).filter(|_| !cursor.on_new_line()) {
            let error = Diagnostic::new(group.span(), format!("`{name}` takes no parentheses"));
            let arguments = group.to_string();
            cursor.bump();
            return Err(error.help(help::as_entry(&name, &arguments)));
        }
        self.no_colon(cursor, &keyword, level);
        let form = grammar::find(&name, level);
        let listed = form.is_some_and(Form::is_listed);
        let mut entry = Entry {
            place: keyword.span().into(),
            keyword,
            level,
            head: None,
            list: None,
            content: None,
            arrow: None,
            options: Vec::new(),
            broken: false,
            broken_options: false,
        };
        if !starts_entry(cursor) && cursor.peek_group(Delimiter::Brace).is_none() {
            entry.head = cursor.operand(listed)?;
        }
        if listed && cursor.peek_group(Delimiter::Bracket).is_some() {
            entry.list = cursor.operand(false)?;
        }
        if let Some(equals) = cursor.eat("=") {
            entry.content = Some(Self::wanted(cursor, equals, "=", &entry)?);
        }
        self.other_sign(cursor, &mut entry)?;
        for symbol in ["=>", "->"] {
            if let Some(place) = cursor.eat(symbol) {
                let to = Self::wanted(cursor, place, symbol, &entry)?;
                entry.arrow = Some(Arrow { symbol, place, to });
            }
        }
        if let Some(braces) = cursor.group(Delimiter::Brace) {
            let before = self.errors.len();
            entry.options = self.settings(&mut Cursor::inside(&braces), form);
            entry.broken_options = self.errors.len() > before;
        }
        if let Some(last) = cursor.since(start).last() {
            entry.place.end = last.span();
        }
        self.end(cursor, &mut entry);
        Ok(Some(Item::Entry(entry)))
    }

    /// What must follow `=`, `=>` or `->`.
    pub(super) fn wanted(
        cursor: &mut Cursor,
        after: Place,
        symbol: &str,
        entry: &Entry,
    ) -> Result<Operand, Diagnostic> {
        let found = if starts_entry(cursor) { None } else { cursor.operand(false)? };
        found.ok_or_else(|| {
            let error = Diagnostic::new(after, format!("nothing follows `{symbol}`"));
            error.help(format!("write it like `{}`", entry.example()))
        })
    }

    /// The `:` between a field and its value.
    pub(super) fn colon(&mut self, cursor: &mut Cursor, key: &Ident) {
        if cursor.eat(":").is_some() {
            return;
        }
        let equals = cursor.eat("=");
        let at = equals.unwrap_or_else(|| key.span().into());
        let value = cursor.peek(0).map(ToString::to_string).unwrap_or_default();
        let message = if equals.is_some() {
            format!("`{key}` is written with `:`, not with `=`")
        } else {
            format!("`{key}` lacks the `:` before its value")
        };
        let error = Diagnostic::new(at, message);
        self.errors.push(error.help(format!("write `{key}: {value}`")));
    }

    /// `name:` or `base:`; its keyword is behind.
    pub(super) fn field(
        &mut self,
        cursor: &mut Cursor,
        key: Ident,
        outermost: bool,
    ) -> Result<(), Diagnostic> {
        let is_name = key == "name";
        let broken = if is_name { &mut self.image.broken_name } else { &mut self.image.broken_base };
        *broken = true;
        let field = if is_name { self.name(cursor, &key) } else { self.base(cursor, &key) }?;
        let first = match &field {
            Field::Name(_) => self.image.name.as_ref().map(|(key, _)| key.span()),
            Field::Base(_) => self.image.base.as_ref().map(|(key, _)| key.span()),
        };
        if let Some(first) = first {
            let error =
                Diagnostic::new(key.span(), format!("an image has one {key}, and this is the second"));
            return Err(error.help("leave one of them out").also(first.into()));
        }
        if !outermost {
            let error = Diagnostic::new(
                key.span(),
                format!("the {key} of an image can't depend on an `if`, `for` or `match` around it"),
            );
            return Err(error.help(format!("write `{key}: if … {{ … }} else {{ … }}`")));
        }
        match field {
            Field::Name(value) => self.image.name = Some((key, value)),
            Field::Base(value) => self.image.base = Some((key, value)),
        }
        Ok(())
    }

    fn name(&mut self, cursor: &mut Cursor, key: &Ident) -> Result<Field, Diagnostic> {
        self.colon(cursor, key);
        let value = if starts_entry(cursor) { None } else { cursor.operand(false)? };
        value.map(Field::Name).ok_or_else(|| lacks_value(key))
    }

    fn base(&mut self, cursor: &mut Cursor, key: &Ident) -> Result<Field, Diagnostic> {
        self.colon(cursor, key);
        let start = cursor.position();
        let mut base =
            Base { transport: transport(cursor), place: None, options: Vec::new(), whole: key.span().into() };
        let stand_in = base.transport.as_ref().is_some_and(|transport| transport == "stand_in");
        if !stand_in && !starts_entry(cursor) {
            base.place = cursor.operand(false)?;
        }
        if base.transport.is_none() && base.place.is_none() {
            return Err(lacks_value(key));
        }
        if let Some(braces) = cursor.group(Delimiter::Brace) {
            base.options = self.settings(&mut Cursor::inside(&braces), Some(&grammar::BASE));
        }
        base.whole = Place::of(cursor.since(start));
        Ok(Field::Base(base))
    }
}

enum Field {
    Name(Operand),
    Base(Base),
}

fn lacks_value(key: &Ident) -> Diagnostic {
    let example = keyword::find(&key.to_string(), Level::Image).map(|keyword| keyword.example);
    let example = example.map_or_else(|| format!("{key}: VALUE"), str::to_owned);
    Diagnostic::new(key.span(), format!("`{key}` lacks its value")).help(format!("write `{example}`"))
}

/// `registry`, `oci-archive`, …, if that is what follows, and not an expression that begins alike.
fn transport(cursor: &mut Cursor) -> Option<Ident> {
    let first = cursor.ident()?.clone();
    let dashed = match (cursor.peek(1), cursor.peek(2)) {
        (Some(TokenTree::Punct(dash)), Some(TokenTree::Ident(second))) if dash.as_char() == '-' => {
            Some(format!("{first}_{second}"))
        }
        _ => None,
    };
    if let Some(name) = dashed.filter(|name| TRANSPORTS.contains(&name.as_str())) {
        cursor.bump();
        cursor.bump();
        cursor.bump();
        return Some(Ident::new(&name, first.span()));
    }
    let place_follows = match cursor.peek(1) {
        None | Some(TokenTree::Group(_)) => first == "stand_in",
        Some(TokenTree::Punct(punct)) => {
            // `stand_in.clone()` is a variable of the user's, and `..` begins the next line.
            let joint = punct.spacing() == proc_macro2::Spacing::Joint;
            first == "stand_in" && (",;".contains(punct.as_char()) || (punct.as_char() == '.' && joint))
        }
        Some(TokenTree::Literal(_) | TokenTree::Ident(_)) => true,
    };
    let known = TRANSPORTS.contains(&first.to_string().as_str());
    // A word before a text is no expression: it was meant as a transport.
    let meant = matches!(cursor.peek(1), Some(TokenTree::Literal(_)));
    if (known && place_follows) || meant {
        cursor.bump();
        return Some(first);
    }
    None
}
