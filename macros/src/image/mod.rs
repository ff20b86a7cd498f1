//! `image!`: a whole image, checked inside rustc. It has no meaning of its own: what it expands to are the
//! calls of the builder, one for each entry.
//!
//! `parse` reads what was written (`syntax`) from `tokens`, `entry` one entry of it, `braces` its options,
//! `slip` what was written by the habit of another language. `check`, `entries` and `settings`
//! turn it into builder calls, by the table in `form`: `shape` shows how a wrong entry is written, `word`
//! checks a literal, `located` looks for an asset, `typed` refuses a literal where only Rust has the value,
//! `says` notes what an entry claims and `claim` asks whether all of it can hold.
//! `expand` writes the Rust. Each goes on after a mistake.

mod braces;
mod check;
mod claim;
mod entries;
mod entry;
mod expand;
mod form;
mod keyword;
mod located;
mod parse;
mod says;
mod settings;
mod shape;
mod slip;
mod syntax;
#[cfg(test)]
mod tests;
mod tokens;
mod typed;
mod word;

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
