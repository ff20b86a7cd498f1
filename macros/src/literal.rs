//! What the literal macros have in common: one literal in, one value out. What a macro takes and makes
//! is its [`LiteralMacro`]; `image!` has its own shape, and shares the checks, the input and the diagnostics.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::input;
use crate::literal_macro::LiteralMacro;

/// Expands to `$crate::__private::NAME(…)`; after a mistake, to an expression of the same type.
pub(crate) fn expand(input: TokenStream, kind: &LiteralMacro) -> TokenStream {
    let (krate, tokens) = match input::split_crate(input, kind.name) {
        Ok(split) => split,
        Err(error) => return error.to_tokens(),
    };
    let literal = match input::one_literal(tokens, kind) {
        Ok(literal) => literal,
        Err(error) => return mistaken(&krate, kind, &error),
    };
    let span = literal.span();
    let arguments = match literal {
        // The lexer refused it (`0o8`) and rustc has said so. The token itself has an error for its type,
        // so nothing more is said about it.
        Lit::Verbatim(_) => Ok(quote!(#literal)),
        _ => (kind.check)(&literal, kind),
    };
    match arguments {
        Ok(arguments) => {
            let function = Ident::new(kind.name, span);
            quote_spanned!(span=> #krate::__private::#function(#arguments))
        }
        Err(error) => mistaken(&krate, kind, &error),
    }
}

fn mistaken(krate: &TokenStream, kind: &LiteralMacro, error: &Diagnostic) -> TokenStream {
    let value = Ident::new(kind.value, Span::call_site());
    let error = error.to_tokens();
    quote!({ #error #krate::__private::mistaken::<#krate::__private::#value>() })
}
