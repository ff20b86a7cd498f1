//! What is wrong with a macro's input, as an error of rustc's on the user's own tokens. Stable Rust
//! gives a macro no other voice than `compile_error!`, so the help is a line of the message.

use lapstrake::value::Invalid;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// A range of the user's tokens. Stable Rust can't join spans, but rustc underlines from the first token's
/// to the last one's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) start: Span,
    pub(crate) end: Span,
}

impl Place {
    /// All of `tokens`; the macro's call where there are none.
    pub(crate) fn of(tokens: &[TokenTree]) -> Self {
        let at = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
        Self { start: at(tokens.first()), end: at(tokens.last()) }
    }

    /// From the start of this to the end of `other`.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { start: span, end: span }
    }
}

/// One mistake: what is wrong, where, and what to write instead.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    at: Place,
    /// What `at` contradicts.
    first: Option<Place>,
    message: String,
    help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(at: impl Into<Place>, message: impl Into<String>) -> Self {
        Self { at: at.into(), first: None, message: message.into(), help: None }
    }

    /// On all of `tokens`; on the macro's call where there are none.
    pub(crate) fn over(tokens: &[TokenTree], message: impl Into<String>) -> Self {
        Self::new(Place::of(tokens), message)
    }

    /// Returns the error of the value's own parser. `otherwise` is the help if the parser has none.
    pub(crate) fn invalid(at: Span, error: &Invalid, otherwise: impl Into<String>) -> Self {
        let help = error.help().map_or_else(|| otherwise.into(), str::to_owned);
        Self::new(at, error.to_string()).help(help)
    }

    /// Adds what to write instead.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the place that this one contradicts.
    pub(crate) fn also(mut self, first: Place) -> Self {
        self.first = Some(first);
        self
    }

    /// Where it starts.
    pub(crate) fn start(&self) -> Span {
        self.at.start
    }

    /// The statement that makes rustc say it.
    ///
    /// `compile_error!` knows one place. Where there are two, rustc is made to evaluate a function that
    /// panics: its error shows the call, with a note "inside `first_written_here`" at the other place.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        let message = match &self.help {
            Some(help) => format!("{}\nhelp: {help}", self.message),
            None => self.message.clone(),
        };
        let Some(first) = self.first else {
            let name = quote_spanned!(self.at.start=> ::core::compile_error!);
            let text = quote_spanned!(self.at.end=> { #message });
            return quote_spanned!(self.at.end=> #name #text);
        };
        let name = quote_spanned!(first.start=> ::core::panic!);
        let text = quote_spanned!(first.end=> { "{}", #message });
        let call = quote_spanned!(self.at.start=> first_written_here);
        let arguments = quote_spanned!(self.at.end=> ());
        quote! {
            const _: () = {
                const fn first_written_here() { #name #text }
                #call #arguments
            };
        }
    }
}
