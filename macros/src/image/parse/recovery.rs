//! Signs that other languages have where `image!` has its own: a comma for an arrow, `:` for `=`, nothing at
//! all. What was meant is plain, so it is reported once, and parsing goes on.

use proc_macro2::{Ident, TokenTree};

use super::Parser;
use crate::diagnostic::{Diagnostic, Place};
use crate::image::grammar::{self, Form};
use crate::image::keyword::{self, Level};
use crate::image::syntax::{Arrow, Entry};
use crate::image::tokens::{Cursor, Operand};

impl Parser {
    /// `bin: "sensord"`
    pub(super) fn no_colon(&mut self, cursor: &mut Cursor, keyword: &Ident, level: Level) {
        if let Some(colon) = cursor.eat(":") {
            let example = keyword::find(&keyword.to_string(), level).map_or("", |keyword| keyword.example);
            let error = Diagnostic::new(colon, format!("no `:` follows `{keyword}`"));
            self.errors.push(error.help(format!("write it like `{example}`")));
        }
    }

    /// A text behind an entry, after a comma, a colon, or nothing: no entry starts with one.
    pub(super) fn other_sign(&mut self, cursor: &mut Cursor, entry: &mut Entry) -> Result<(), Diagnostic> {
        let is_text = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Literal(_)));
        let whole = entry.head.is_none() || entry.content.is_some();
        let instead = match (cursor.is_operator(","), cursor.is_operator(":")) {
            (true, _) if is_text(cursor.peek(1)) => ", not with a comma",
            (_, true) if is_text(cursor.peek(1)) => ", not with `:`",
            (false, false) if is_text(cursor.peek(0)) && !cursor.on_new_line() => "",
            _ => return Ok(()),
        };
        if whole {
            return Ok(());
        }
        let keyword = &entry.keyword;
        let head = entry.head.as_ref().map(Operand::written).unwrap_or_default();
        let symbol = match keyword.to_string().as_str() {
            "file" | "text" | "built" | "tree" | "drop_in" | "fetched" | "fetched_tree" | "copy"
            | "rename" => "=>",
            "symlink" => "->",
            "label" | "env" => "=",
            "packages" | "run" => return Err(several(cursor, entry, &head)),
            name if grammar::find(name, entry.level).is_some_and(Form::is_listed) => {
                cursor.eat(",");
                let line = cursor.bump().map(|line| line.to_string()).unwrap_or_default();
                let error =
                    Diagnostic::new(cursor.before(), format!("the lines of `{keyword}` belong in brackets"));
                return Err(error.help(format!("write `{keyword} {head} [{line}]`")));
            }
            _ if instead == ", not with a comma" => {
                cursor.bump();
                let next = cursor.bump().map(|text| text.to_string()).unwrap_or_default();
                self.errors.push(
                    Diagnostic::new(cursor.before(), "each entry has its own keyword")
                        .help(format!("write `{keyword} {next}`")),
                );
                return Ok(());
            }
            _ => return Ok(()),
        };
        let sign = cursor.eat(",").or_else(|| cursor.eat(":"));
        let place = sign.unwrap_or_else(|| cursor.here());
        let to = Self::wanted(cursor, place, symbol, entry)?;
        let error = Diagnostic::new(place, format!("`{keyword}` is written with `{symbol}`{instead}"));
        self.errors.push(error.help(format!("write `{keyword} {head} {symbol} {}`", to.written())));
        if symbol == "=" {
            entry.content = Some(to);
        } else {
            entry.arrow = Some(Arrow { symbol, place, to });
        }
        Ok(())
    }

    /// After an entry stands a separator, a new line, or the next keyword. What else is there is not its
    /// own; the entry stays.
    pub(super) fn end(&mut self, cursor: &mut Cursor, entry: &mut Entry) {
        let goes_on = match cursor.peek(0) {
            None => false,
            Some(TokenTree::Ident(word)) => !keyword::starts(&word.to_string()) && !cursor.on_new_line(),
            Some(TokenTree::Punct(punct)) => {
                !",;.".contains(punct.as_char()) || (punct.as_char() == '.' && !cursor.is_operator(".."))
            }
            Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        };
        if !goes_on {
            return;
        }
        let name = entry.keyword.to_string();
        let key = cursor.ident().map(ToString::to_string).unwrap_or_default();
        let is_option = grammar::find(&name, entry.level).is_some_and(|form| form.option(&key).is_some());
        let error = Diagnostic::new(cursor.here(), format!("this does not belong to `{name}`"));
        self.errors.push(if is_option {
            let value = if matches!(cursor.peek(1), Some(TokenTree::Punct(_))) { ": …" } else { "" };
            error.help(format!("options belong in braces: write `{{ {key}{value} }}`"))
        } else {
            error.help(format!("write it like `{}`", entry.example()))
        });
        entry.broken = true;
        cursor.recover(|word| keyword::starts(&word.to_string()));
    }
}

/// `packages "a", "b"`: a list without its brackets.
fn several(cursor: &mut Cursor, entry: &Entry, head: &str) -> Diagnostic {
    let mut all = vec![head.to_owned()];
    loop {
        cursor.eat(",");
        match cursor.peek(0) {
            Some(TokenTree::Literal(text)) => all.push(text.to_string()),
            _ => break,
        }
        cursor.bump();
    }
    let keyword = &entry.keyword;
    let place = Place::from(keyword.span()).to(cursor.before());
    let error = Diagnostic::new(place, format!("`{keyword}` takes a list"));
    error.help(format!("write `{keyword} [{}]`", all.join(", ")))
}
