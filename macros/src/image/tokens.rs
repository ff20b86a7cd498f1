//! The tokens of a description, one after another: where a Rust expression ends, and where to go on after
//! a mistake. What an entry means is not known here.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Lit, Pat};

use super::keyword;
use crate::diagnostic::{Diagnostic, Place};
use crate::input;

/// A Rust expression, as the user wrote it.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) tokens: Vec<TokenTree>,
}

impl Operand {
    pub(super) fn place(&self) -> Place {
        Place::of(&self.tokens)
    }

    /// The literal that it is, if it is one.
    pub(super) fn literal(&self) -> Option<Lit> {
        match self.tokens.as_slice() {
            [only] => input::as_literal(only),
            _ => None,
        }
    }

    /// The literal in `path!("…")` and its like, which that macro checks.
    pub(super) fn checked_literal(&self) -> Option<Lit> {
        let (TokenTree::Group(group), before) = self.tokens.split_last()? else { return None };
        let [.., TokenTree::Ident(name), TokenTree::Punct(bang)] = before else { return None };
        let known = ["path", "asset", "unit", "reference", "layer_name"].iter().any(|known| name == known);
        let mut inside = group.stream().into_iter();
        let only = inside.next().filter(|_| known && bang.as_char() == '!' && inside.next().is_none());
        only.as_ref().and_then(input::as_literal)
    }

    /// The text of the string literal that it is, or that is in a literal macro.
    pub(super) fn text(&self) -> Option<String> {
        match self.literal().or_else(|| self.checked_literal())? {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        }
    }

    /// The elements of `[a, b]`; none for anything else, `[a; 2]` too.
    pub(super) fn list(&self) -> Option<Vec<Operand>> {
        let [TokenTree::Group(group)] = self.tokens.as_slice() else { return None };
        if group.delimiter() != Delimiter::Bracket {
            return None;
        }
        let tokens: Vec<_> = group.stream().into_iter().collect();
        if tokens.iter().any(|token| is_punct(token, ';')) {
            return None;
        }
        let elements = tokens.split(|token| is_punct(token, ',')).filter(|tokens| !tokens.is_empty());
        Some(elements.map(|tokens| Operand { tokens: tokens.to_vec() }).collect())
    }

    /// As the user wrote it, in a help; a long text is cut, because its place identifies it.
    pub(super) fn written(&self) -> String {
        const LONG: usize = 100;
        let written = self.tokens.iter().cloned().collect::<TokenStream>().to_string();
        let literal = self.literal();
        // The tokens of a macro's input are told apart by blanks, however they were written.
        let written = if literal.is_some() { written } else { written.replace(" :: ", "::") };
        match literal {
            _ if written.len() <= LONG && !written.contains('\n') => written,
            Some(_) => "\"…\"".to_owned(),
            None => "…".to_owned(),
        }
    }
}

impl ToTokens for Operand {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.iter().cloned());
    }
}

/// A walk over the tokens between two delimiters.
pub(super) struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
    /// What is underlined where a token is wanted and there is none.
    opener: Place,
}

impl Cursor {
    pub(super) fn new(tokens: TokenStream, opener: Place) -> Self {
        Self { tokens: tokens.into_iter().collect(), at: 0, opener }
    }

    /// Inside a group; what has no tokens is at its closing delimiter.
    pub(super) fn inside(group: &Group) -> Self {
        Self::new(group.stream(), group.span_close().into())
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.at + ahead)
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn since(&self, start: usize) -> &[TokenTree] {
        self.tokens.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn bump(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// The next token, else the last one, else the group that these tokens are in.
    pub(super) fn here(&self) -> Place {
        let next = self.peek(0).or_else(|| self.tokens.last());
        next.map_or(self.opener, |token| token.span().into())
    }

    /// The token before this one.
    pub(super) fn before(&self) -> Place {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.map_or(self.opener, |token| token.span().into())
    }

    pub(super) fn ident(&self) -> Option<&Ident> {
        match self.peek(0) {
            Some(TokenTree::Ident(ident)) => Some(ident),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.ident().is_some_and(|ident| ident == word)
    }

    /// Whether the next tokens are that operator, and not part of a longer one.
    pub(super) fn is_operator(&self, operator: &str) -> bool {
        self.operator_at(self.at, operator)
    }

    fn operator_at(&self, at: usize, operator: &str) -> bool {
        let puncts: Vec<_> = operator.chars().collect();
        let joined_before = at.checked_sub(1).and_then(|before| self.tokens.get(before)).is_some_and(
            |token| matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint && punct.as_char() != '\''),
        );
        let same = puncts.iter().enumerate().all(|(index, wanted)| match self.tokens.get(at + index) {
            Some(TokenTree::Punct(punct)) if punct.as_char() == *wanted => {
                index + 1 == puncts.len() || punct.spacing() == Spacing::Joint
            }
            _ => false,
        });
        let joined_after = puncts.len().checked_sub(1).and_then(|last| self.tokens.get(at + last)).is_some_and(
            |token| matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint && is_any_punct(self.tokens.get(at + puncts.len()), "=>.")),
        );
        same && !joined_before && !joined_after
    }

    /// Whether that operator stands anywhere in these tokens, not counting what is inside of a group.
    pub(super) fn has(&self, operator: &str) -> bool {
        (self.at..self.tokens.len()).any(|at| self.operator_at(at, operator))
    }

    pub(super) fn eat(&mut self, operator: &str) -> Option<Place> {
        if !self.is_operator(operator) {
            return None;
        }
        let start = self.at;
        self.at += operator.chars().count();
        Some(Place::of(self.since(start)))
    }

    pub(super) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let group = self.peek_group(delimiter)?.clone();
        self.at += 1;
        Some(group)
    }

    pub(super) fn peek_group(&self, delimiter: Delimiter) -> Option<&Group> {
        match self.peek(0) {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
            _ => None,
        }
    }

    /// Whether the next token is on a later line than the one before it.
    pub(super) fn on_new_line(&self) -> bool {
        self.new_line_at(self.at)
    }

    fn new_line_at(&self, at: usize) -> bool {
        let line = |at: usize| self.tokens.get(at).and_then(|token| line(token.span()));
        let before = at.checked_sub(1).and_then(line);
        before.zip(line(at)).is_some_and(|(before, now)| now > before)
    }

    /// A Rust expression, up to a separator, `{`, or where it ends by itself; none where none begins.
    /// `list` ends it before a bracket, which would index it.
    pub(super) fn operand(&mut self, list: bool) -> Result<Option<Operand>, Diagnostic> {
        let bound = self.bound(list);
        if bound == self.at {
            return Ok(None);
        }
        self.quoted(bound)?;
        let tokens = self.take(bound, |input| Expr::parse_without_eager_brace(input).map(|_| ()))?;
        Ok(Some(Operand { tokens }))
    }

    /// No value starts with a slash or a dot: it is a path that lacks its quotes.
    fn quoted(&self, bound: usize) -> Result<(), Diagnostic> {
        if !is_any_punct(self.peek(0), "/.") {
            return Ok(());
        }
        let end = (self.at + 1..bound).find(|&at| self.new_line_at(at) || self.is_brace(at)).unwrap_or(bound);
        let tokens = self.tokens.get(self.at..end).unwrap_or_default();
        let path: String = tokens.iter().map(ToString::to_string).collect();
        Err(Diagnostic::over(tokens, "a path belongs in quotes").help(format!("write `{path:?}`")))
    }

    fn is_brace(&self, at: usize) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
    }

    /// Whether a line begins with the keyword of an entry, and no expression goes on so.
    fn begins_entry(&self, at: usize) -> bool {
        let keyword = matches!(self.tokens.get(at), Some(TokenTree::Ident(word)) if keyword::is_known(&word.to_string()));
        let next = matches!(self.tokens.get(at + 1), Some(TokenTree::Literal(_) | TokenTree::Ident(_)));
        keyword && next && self.new_line_at(at)
    }

    /// A pattern, as `for` and the arms of `match` have it.
    pub(super) fn pattern(&mut self) -> Result<Vec<TokenTree>, Diagnostic> {
        self.take(self.tokens.len(), |input| Pat::parse_multi_with_leading_vert(input).map(|_| ()))
    }

    /// What `if`, `for … in`, and `match` look at.
    pub(super) fn condition(&mut self) -> Result<Vec<TokenTree>, Diagnostic> {
        self.take(self.tokens.len(), |input| Expr::parse_without_eager_brace(input).map(|_| ()))
    }

    fn bound(&self, list: bool) -> usize {
        (self.at..self.tokens.len())
            .find(|&at| {
                let bracket = |token: &TokenTree| {
                    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
                };
                self.tokens.get(at).is_some_and(|token| is_any_punct(Some(token), ",;"))
                    || (at > self.at && self.begins_entry(at))
                    || ["..", "=", "=>", "->"].iter().any(|operator| self.operator_at(at, operator))
                    || (list
                        && at > self.at
                        && self.tokens.get(at).is_some_and(bracket)
                        && !is_any_punct(self.tokens.get(at - 1), "!&#"))
            })
            .unwrap_or(self.tokens.len())
    }

    fn take(
        &mut self,
        bound: usize,
        parse: fn(ParseStream<'_>) -> syn::Result<()>,
    ) -> Result<Vec<TokenTree>, Diagnostic> {
        let tokens = self.tokens.get(self.at..bound).unwrap_or_default();
        let left = |input: ParseStream<'_>| {
            parse(input)?;
            Ok(input.parse::<TokenStream>()?.into_iter().count())
        };
        match left.parse2(tokens.iter().cloned().collect()) {
            Ok(left) => {
                let taken = tokens.get(..tokens.len().saturating_sub(left)).unwrap_or_default().to_vec();
                self.at += taken.len();
                Ok(taken)
            }
            Err(error) => {
                let ends = |at: &usize| self.new_line_at(*at) || self.is_brace(*at);
                let line = (self.at + 1..bound).find(ends).unwrap_or(bound);
                let tokens = self.tokens.get(self.at..line).unwrap_or_default();
                let error = Diagnostic::over(tokens, format!("this is not a whole Rust expression: {error}"));
                Err(error.help("a value is a literal, or any expression of Rust"))
            }
        }
    }

    /// Goes on after a mistake: behind the next separator, or before the next line that starts an entry.
    pub(super) fn recover(&mut self, starts: impl Fn(&Ident) -> bool) {
        while let Some(token) = self.peek(0) {
            if is_any_punct(Some(token), ",;") {
                self.at += 1;
                return;
            }
            let word = matches!(token, TokenTree::Ident(ident) if starts(ident));
            // In no expression does a word stand before another, or before a text.
            let next = matches!(self.peek(1), Some(TokenTree::Literal(_) | TokenTree::Ident(_)));
            let entry = word && (self.on_new_line() || next);
            let splice = self.is_operator("..") && self.on_new_line();
            if entry || splice {
                return;
            }
            self.at += 1;
        }
    }
}

/// The line that a token is on, where there is a compiler to ask.
pub(super) fn line(span: Span) -> Option<usize> {
    proc_macro::is_available().then(|| span.unwrap().line())
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_any_punct(token: Option<&TokenTree>, wanted: &str) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if wanted.contains(Punct::as_char(punct)))
}
