//! Values that have no literal form: a stage, a secret, a repository. A literal in their place is an error with a
//! help that shows the constructor. The literals inside a plain `Secret::env("…", "…")` are checked.

use lapstrake::value::{Reference, RepositoryUrl};
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::image::tokens::Operand;
use crate::image::value_kind::ValueKind;

/// Returns the literals in a call of a known constructor, with the kind of each.
pub(super) fn arguments(kind: ValueKind, value: &Operand) -> Vec<(ValueKind, Lit)> {
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
    let words = match (kind, of.to_string().as_str(), function.to_string().as_str()) {
        (ValueKind::Secret | ValueKind::PasswordHash, "Secret", "env") => {
            [ValueKind::SecretId, ValueKind::Variable]
        }
        (ValueKind::Secret | ValueKind::PasswordHash, "Secret", "file") => {
            [ValueKind::SecretId, ValueKind::Text]
        }
        (ValueKind::Repository, "Repository", "new") => [ValueKind::RepositoryId, ValueKind::RepositoryUrl],
        _ => return Vec::new(),
    };
    let arguments: Vec<_> = arguments.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
    let each = arguments.split(is_comma).map(|tokens| Operand { tokens: tokens.to_vec() });
    words.into_iter().zip(each).filter_map(|(kind, value)| Some((kind, value.literal()?))).collect()
}

/// Returns the error for a literal in the place of such a value.
pub(super) fn no_literal(kind: ValueKind, literal: &Lit) -> Diagnostic {
    let written = literal.to_token_stream().to_string();
    let text = match literal {
        Lit::Str(text) => text.value(),
        _ => String::new(),
    };
    let error = |message: &str| Diagnostic::new(literal.span(), message);
    match kind {
        ValueKind::Secret => error(
            "a secret is not a text, because everybody could read that in the description",
        )
        .help("say where it is: `secret: Secret::env(\"token\", \"MAPS_TOKEN\")`, or `Secret::file(…)`"),
        ValueKind::Repository => {
            let (lacks, id, url) = if RepositoryUrl::parse(&text).is_ok() {
                ("a repository has an id, too", ValueKind::RepositoryId.example(), written.as_str())
            } else {
                ("a repository has a URL, too", written.as_str(), ValueKind::RepositoryUrl.example())
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
