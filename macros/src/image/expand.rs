//! Builder calls as Rust. Calls are chained, as a person writes them; a variable is there only where an
//! `if`, `for` or `match` stands between them.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// One call on what is being built, or some of them under a condition.
pub(super) enum Step {
    /// `.method(arguments)`
    Call(TokenStream),
    /// `if`, `for`; with a scrutinee `match`.
    Branches { scrutinee: Option<Vec<TokenTree>>, arms: Vec<Arm> },
}

/// `if CONDITION`, `else`, `PATTERN =>`, and the calls of it.
pub(super) struct Arm {
    pub(super) head: Vec<TokenTree>,
    pub(super) braces: Span,
    pub(super) steps: Vec<Step>,
}

/// `value` after all the steps; `name` is that of the variable, if one is needed.
pub(super) fn chain(value: &TokenStream, steps: &[Step], name: &str) -> TokenStream {
    let first_choice = steps.iter().position(|step| matches!(step, Step::Branches { .. }));
    let (calls, rest) = steps.split_at(first_choice.unwrap_or(steps.len()));
    let calls = calls.iter().filter_map(call);
    let value = quote!(#value #(#calls)*);
    if rest.is_empty() {
        return value;
    }
    // Of the macro's own context: no name of the user's is it, and it is none of theirs.
    let name = Ident::new(name, Span::mixed_site());
    let statements = statements(rest, &name);
    let mutable = rest.iter().any(calls_something).then(|| quote!(mut));
    quote!({
        let #mutable #name = #value;
        #statements
        #name
    })
}

fn statements(steps: &[Step], name: &Ident) -> TokenStream {
    let mut statements = TokenStream::new();
    for run in steps.chunk_by(|a, b| call(a).is_some() && call(b).is_some()) {
        let calls: Vec<_> = run.iter().filter_map(call).collect();
        if !calls.is_empty() {
            statements.extend(quote!(#name = #name #(#calls)*;));
        }
        for step in run {
            let Step::Branches { scrutinee, arms } = step else { continue };
            let arms = arms.iter().map(|arm| {
                let (head, inside) = (arm.head.iter(), self::statements(&arm.steps, name));
                quote_spanned!(arm.braces=> #(#head)* { #inside })
            });
            statements.extend(if let Some(scrutinee) = scrutinee {
                quote!(#(#scrutinee)* { #(#arms)* })
            } else {
                quote!(#(#arms)*)
            });
        }
    }
    statements
}

fn call(step: &Step) -> Option<&TokenStream> {
    match step {
        Step::Call(call) => Some(call),
        Step::Branches { .. } => None,
    }
}

fn calls_something(step: &Step) -> bool {
    match step {
        Step::Call(_) => true,
        Step::Branches { arms, .. } => arms.iter().flat_map(|arm| &arm.steps).any(calls_something),
    }
}
