//! Where a value of a Rust type stands that no literal can be: a stage, a secret, a repository. A text in
//! its place gets a message with what to write; the literals of the plain `Secret::env("…", "…")` are known.

use lapstrake::value::{Reference, RepositoryUrl};
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::Lit;

use super::tokens::Operand;
use super::word::Word;
use crate::diagnostic::Diagnostic;

/// The module of `lapstrake` and the name of the type; none for what is a text.
pub(super) fn of(word: Word) -> Option<(&'static str, &'static str)> {
    match word {
        Word::Repository => Some(("entry", "Repository")),
        Word::Secret => Some(("entry", "Secret")),
        Word::Stage => Some(("", "BuildStage")),
        _ => None,
    }
}

/// The literals that its constructor is called with, where that is what is written.
pub(super) fn arguments(word: Word, value: &Operand) -> Vec<(Word, Lit)> {
    let [
        TokenTree::Ident(of),
        TokenTree::Punct(_),
        TokenTree::Punct(_),
        TokenTree::Ident(function),
        TokenTree::Group(arguments),
        ..,
    ] = value.tokens.as_slice()
    else {
        return Vec::new();
    };
    let words = match (word, of.to_string().as_str(), function.to_string().as_str()) {
        (Word::Secret, "Secret", "env") => [Word::SecretId, Word::Variable],
        (Word::Secret, "Secret", "file") => [Word::SecretId, Word::Text],
        (Word::Repository, "Repository", "new") => [Word::RepositoryId, Word::RepositoryUrl],
        _ => return Vec::new(),
    };
    let arguments: Vec<_> = arguments.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
    let each = arguments.split(is_comma).map(|tokens| Operand { tokens: tokens.to_vec() });
    words.into_iter().zip(each).filter_map(|(word, value)| Some((word, value.literal()?))).collect()
}

/// A literal that stands there.
pub(super) fn no_literal(word: Word, literal: &Lit) -> Diagnostic {
    let written = literal.to_token_stream().to_string();
    let text = match literal {
        Lit::Str(text) => text.value(),
        _ => String::new(),
    };
    let error = |message: &str| Diagnostic::new(literal.span(), message);
    match word {
        Word::Secret => error("a secret is not a text, because everybody could read that in the description")
            .help("say where it is: `secret: Secret::env(\"token\", \"MAPS_TOKEN\")`, or `Secret::file(…)`"),
        Word::Repository => {
            let (lacks, id, url) = if RepositoryUrl::parse(&text).is_ok() {
                ("a repository has an id, too", Word::RepositoryId.example(), written.as_str())
            } else {
                ("a repository has a URL, too", written.as_str(), Word::RepositoryUrl.example())
            };
            error(lacks).help(format!("write `repository: {id} => {url}`"))
        }
        _ => {
            let base = match Reference::parse(&text) {
                Ok(_) => format!("Base::registry({written})"),
                Err(_) => "Base::registry(\"registry.example/autosd-rust:1\")".to_owned(),
            };
            error("a stage is not a text").help(format!("write `BuildStage::on({base})`"))
        }
    }
}
