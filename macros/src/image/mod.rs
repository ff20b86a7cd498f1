//! `image!`: a whole image, checked while rustc compiles it. It expands to calls of the builders, one for each entry,
//! and has no meaning of its own.
//!
//! | module | what it does |
//! |---|---|
//! | `keyword` | the keywords, and what other tools call them |
//! | `value_kind` | the kinds of values, with a name and an example of each |
//! | `grammar` | how each entry is written, and its options |
//! | `help` | builder calls, written as entries |
//! | `tokens` | where a Rust expression ends, and where to continue after a mistake |
//! | `syntax` | an image as it was written |
//! | `parse` | from tokens to `syntax` |
//! | `expand` | from builder calls to Rust |
//! | `check` | from `syntax` to builder calls: literals, assets, and conflicts between entries |
//!
//! A module uses the modules above it. Each of them continues after a mistake, so that one run reports all.

mod check;
mod expand;
mod grammar;
mod help;
mod keyword;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;
mod value_kind;

use proc_macro2::TokenStream;
use quote::quote;

use crate::input;

/// Expands to an expression of type `Image`, even if something was wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let (krate, tokens) = match input::split_crate(input, "image") {
        Ok(split) => split,
        Err(error) => return error.to_tokens(),
    };
    let (image, errors) = parse::image(tokens);
    let (checked, mut errors) = check::check(&image, &krate, errors);
    let value = expand::chain(&checked.image, &checked.steps, "image");
    if errors.is_empty() {
        return value;
    }
    errors.sort_by_key(|error| tokens::line(error.start()));
    let errors = errors.iter().map(crate::diagnostic::Diagnostic::to_tokens);
    quote!({ #(#errors)* #value })
}
