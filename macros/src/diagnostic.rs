//! What is wrong with a macro's input, as an error of rustc's on the user's own tokens. Stable Rust
//! gives a macro no other voice than `compile_error!`, so the help is a line of the message.

use lapstrake::value::Invalid;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::literal::Kind;

/// One mistake: what is wrong, where, and what to write instead.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    start: Span,
    end: Span,
    message: String,
    help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(at: Span, message: impl Into<String>) -> Self {
        Self { start: at, end: at, message: message.into(), help: None }
    }

    /// On all of `tokens`; on the macro's call where there are none.
    pub(crate) fn over(tokens: &[TokenTree], message: impl Into<String>) -> Self {
        let at = |token: Option<&TokenTree>| token.map_or_else(Span::call_site, TokenTree::span);
        let (start, end) = (at(tokens.first()), at(tokens.last()));
        Self { start, end, message: message.into(), help: None }
    }

    /// A value that its own parser refused. Where that knows of nothing to write instead, the macro's
    /// example shows the form.
    pub(crate) fn invalid(at: Span, error: &Invalid, kind: &Kind) -> Self {
        let help = error.help().map_or_else(|| kind.such_as(), str::to_owned);
        Self::new(at, error.to_string()).help(help)
    }

    /// Adds what to write instead.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The statement that makes rustc say it. rustc underlines from the first token's span to the last
    /// one's: that is how a range is named without joining spans, which stable Rust can't.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        let message = match &self.help {
            Some(help) => format!("{}\nhelp: {help}", self.message),
            None => self.message.clone(),
        };
        let name = quote_spanned!(self.start=> ::core::compile_error!);
        let text = quote_spanned!(self.end=> { #message });
        quote_spanned!(self.end=> #name #text)
    }
}
