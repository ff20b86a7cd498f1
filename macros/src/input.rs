//! What a macro was called with: the crate that its expansion names things through, and one literal.
//! Whether the literal means anything is not asked here.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::literal_macro::LiteralMacro;

/// Takes `($crate)`, which the wrapper in `lapstrake-xtask` puts first, from the user's own tokens.
pub(crate) fn split_crate(input: TokenStream, name: &str) -> Result<(TokenStream, TokenStream), Diagnostic> {
    let mut tokens = input.into_iter();
    match tokens.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            Ok((group.stream(), tokens.collect()))
        }
        first => {
            let all: Vec<_> = first.into_iter().chain(tokens).collect();
            let message = format!("`{name}!` is called through `lapstrake_xtask`");
            Err(Diagnostic::over(&all, message).help(format!("write `lapstrake_xtask::{name}!(…)`")))
        }
    }
}

/// The one literal among the user's tokens; a comma may follow it.
pub(crate) fn one_literal(input: TokenStream, kind: &LiteralMacro) -> Result<Lit, Diagnostic> {
    let tokens: Vec<_> = input.into_iter().collect();
    let name = kind.name;
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let first = tokens.split(is_comma).next().unwrap_or_default();
    if first.is_empty() {
        let message = format!("`{name}!` lacks its literal");
        return Err(Diagnostic::over(&tokens, message).help(format!("write `{name}!({})`", kind.example)));
    }
    let more = &tokens[first.len()..];
    let Some(literal) = as_literal(&first[0]) else {
        let error = not_a_literal(first, kind);
        return Err(match &first[0] {
            // `path!(/etc/x)`, `asset!(../x)`, `mode!(-1)`: no value starts so.
            TokenTree::Punct(punct) if "/.-".contains(punct.as_char()) => {
                error.help(format!("write it as `{name}!({})`", kind.example))
            }
            _ => error.help(format!("for a computed value, {}", kind.computed)),
        });
    };
    // `"/etc/".to_owned() + name`
    if matches!(first.get(1), Some(TokenTree::Punct(_))) {
        return Err(not_a_literal(first, kind).help(format!("for a computed value, {}", kind.computed)));
    }
    // `"/etc/a", "/etc/b"` or, without the comma, `"/etc/a" "/etc/b"`
    let after_comma = more.get(1..).unwrap_or_default();
    let beyond = if first.len() > 1 { &first[1..] } else { after_comma };
    if beyond.is_empty() {
        return Ok(literal);
    }
    let first = &first[0];
    Err(Diagnostic::over(beyond, format!("`{name}!` takes one literal and nothing more"))
        .help(format!("write `{name}!({first})`")))
}

fn not_a_literal(tokens: &[TokenTree], kind: &LiteralMacro) -> Diagnostic {
    Diagnostic::over(tokens, format!("`{}!` takes a literal, which rustc can check", kind.name))
}

/// A literal that came through another macro's `$x:literal` is in an invisible group.
pub(crate) fn as_literal(token: &TokenTree) -> Option<Lit> {
    match token {
        TokenTree::Literal(literal) => Some(match Lit::new(literal.clone()) {
            // `0o8`: rustc's lexer has refused it, and syn reads a 0 with a suffix.
            Lit::Float(_) if ["0b", "0o", "0x"].iter().any(|base| literal.to_string().starts_with(base)) => {
                Lit::Verbatim(literal.clone())
            }
            read => read,
        }),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut tokens = group.stream().into_iter();
            let only = tokens.next().filter(|_| tokens.next().is_none())?;
            as_literal(&only)
        }
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
    }
}

/// The value of a string literal; another kind of literal gets a message with its kind.
pub(crate) fn string(literal: &Lit, kind: &LiteralMacro) -> Result<String, Diagnostic> {
    let token = quote::quote!(#literal).to_string();
    let refuse = |what: &str| Diagnostic::new(literal.span(), format!("`{}!` takes {what}", kind.name));
    let other = |is: &str| refuse(&format!("a string literal, and `{token}` is {is}"));
    let quoted = |error: Diagnostic, text: &str| error.help(format!("write `{}!({text})`", kind.name));
    match literal {
        Lit::Str(text) if text.suffix().is_empty() => Ok(text.value()),
        Lit::Str(text) => {
            let plain = token.strip_suffix(text.suffix()).unwrap_or_default();
            Err(quoted(refuse(&format!("a string literal without a suffix, not `{}`", text.suffix())), plain))
        }
        Lit::ByteStr(_) => Err(quoted(other("a byte string"), token.trim_start_matches('b'))),
        Lit::CStr(_) => Err(quoted(other("a C string"), token.trim_start_matches('c'))),
        Lit::Char(c) => Err(quoted(other("a character"), &format!("{:?}", c.value().to_string()))),
        Lit::Byte(_) => Err(quoted(other("a byte"), kind.example)),
        _ => Err(quoted(other("a number"), kind.example)),
    }
}
