//! What is in the braces behind an entry: its options as they were written. A list of pairs is read as
//! that many options.

use proc_macro2::{Delimiter, Ident, TokenTree};

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::image::grammar::{Choice, Form, Takes};
use crate::image::keyword;
use crate::image::syntax::{Arrow, Setting};
use crate::image::tokens::{Cursor, Operand};

impl Parser {
    /// All options; `form` is that of their entry.
    pub(super) fn settings(&mut self, cursor: &mut Cursor, form: Option<&'static Form>) -> Vec<Setting> {
        let mut settings = Vec::new();
        while !cursor.is_end() {
            if cursor.eat(",").or_else(|| cursor.eat(";")).is_some() {
                continue;
            }
            let Some(key) = cursor.ident().cloned() else {
                let error = Diagnostic::new(cursor.here(), "an option starts with its name");
                self.errors.push(error.help("write `mode: 0o640`"));
                cursor.bump();
                cursor.recover(|_| true);
                continue;
            };
            cursor.bump();
            match self.setting(cursor, key, form) {
                Ok(read) => settings.extend(read),
                Err(error) => {
                    self.errors.push(error);
                    cursor.recover(|_| true);
                }
            }
        }
        settings
    }

    fn setting(
        &mut self,
        cursor: &mut Cursor,
        key: Ident,
        form: Option<&'static Form>,
    ) -> Result<Vec<Setting>, Diagnostic> {
        let ended =
            cursor.is_end() || cursor.is_operator(",") || (cursor.ident().is_some() && cursor.on_new_line());
        if ended {
            return Ok(vec![Setting { key, value: None, arrow: None, options: Vec::new() }]);
        }
        let name = key.to_string();
        let choice = form.and_then(|form| form.option(&name));
        if cursor.peek_group(Delimiter::Parenthesis).is_some() {
            let value = cursor.bump().map(|group| group.to_string()).unwrap_or_default();
            let value = value.trim_matches(['(', ')']).trim();
            let error = Diagnostic::new(cursor.before(), format!("option `{key}` takes no parentheses"));
            return Err(error.help(if value.is_empty() {
                format!("write `{key}`")
            } else if choice.is_some_and(Choice::is_pair) {
                format!("write `{key}: {}`", value.replacen(", ", " => ", 1))
            } else {
                format!("write `{key}: {value}`")
            }));
        }
        let assigned = cursor.is_operator(":") || cursor.is_operator("=");
        if !assigned && choice.is_none() && keyword::starts(&name) {
            let error = Diagnostic::new(
                key.span(),
                format!("`{key}` begins an entry, and the braces above are still open"),
            );
            return Err(error.help(format!("write `}}` before `{key}`")));
        }
        self.colon(cursor, &key);
        let list = cursor.peek_group(Delimiter::Bracket).map(Cursor::inside);
        let Some(mut list) = list.filter(|list| list.has("=>")) else {
            return Ok(vec![self.value(cursor, &key, choice)?]);
        };
        cursor.bump();
        let mut pairs = Vec::new();
        while !list.is_end() {
            if list.eat(",").is_none() {
                pairs.push(self.value(&mut list, &key, choice)?);
            }
        }
        Ok(pairs)
    }

    /// `VALUE`, `VALUE => TO`, and the braces of `repository`.
    fn value(
        &mut self,
        cursor: &mut Cursor,
        key: &Ident,
        choice: Option<&'static Choice>,
    ) -> Result<Setting, Diagnostic> {
        let Some(value) = cursor.operand(false)? else {
            let error = Diagnostic::new(key.span(), format!("`{key}` lacks its value"));
            return Err(error.help(match choice.map(|choice| (choice.example(), choice.takes)) {
                Some((_, Takes::Nothing)) => format!("write `{key}`"),
                Some((example, _)) => format!("write `{key}: {example}`"),
                None => format!("write `{key}: VALUE`"),
            }));
        };
        let arrow = self.pair(cursor, key, &value, choice)?;
        let braces = cursor.group(Delimiter::Brace);
        let inner = choice.and_then(Choice::form);
        let options = braces.map(|braces| self.settings(&mut Cursor::inside(&braces), inner));
        Ok(Setting { key: key.clone(), value: Some(value), arrow, options: options.unwrap_or_default() })
    }

    /// What follows `=>`, or another sign in its place.
    fn pair(
        &mut self,
        cursor: &mut Cursor,
        key: &Ident,
        value: &Operand,
        choice: Option<&'static Choice>,
    ) -> Result<Option<Arrow>, Diagnostic> {
        let slips = if choice.is_some_and(Choice::is_pair) { ["->", "=", ":"].as_slice() } else { &[] };
        let mut sign = cursor.eat("=>").map(|place| (place, None));
        for slip in slips {
            sign = sign.or_else(|| cursor.eat(slip).map(|place| (place, Some(format!("`{slip}`")))));
        }
        let is_text = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Literal(_)));
        let own_arrow = matches!(cursor.peek(2), Some(TokenTree::Punct(sign)) if sign.as_char() == '=');
        if sign.is_none() && !slips.is_empty() && is_text(cursor.peek(1)) && !own_arrow {
            sign = cursor.eat(",").map(|place| (place, Some("a comma".to_owned())));
        }
        let Some((place, slip)) = sign else { return Ok(None) };
        let written = value.written();
        let Some(to) = cursor.operand(false)? else {
            let error = Diagnostic::new(place, "nothing follows `=>`");
            return Err(error.help(format!("write `{key}: {written} => …`")));
        };
        if let Some(slip) = slip {
            let message = format!("`{key}` is written with `=>`, not with {slip}");
            let help = format!("write `{key}: {written} => {}`", to.written());
            self.errors.push(Diagnostic::new(place, message).help(help));
        }
        Ok(Some(Arrow { symbol: "=>", place, to }))
    }
}
