//! Reads Rust tokens: drops the code that only tests compile, and finds paths and strings. It works on tokens because
//! the arguments of macros are no syntax tree.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};

/// A path as it is written, with a `use` tree expanded: `crate::a::{b, c}` is two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

/// Drops every item under `#[cfg(test)]` or `#[cfg(any(test, …))]`.
pub(super) fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let attribute = match (&token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group))) if hash.as_char() == '#' => {
                is_test(group)
            }
            _ => false,
        };
        if attribute {
            drop_attributes(&mut kept);
            skip_item(&mut tokens);
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_tests(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        });
    }
    kept.into_iter().collect()
}

/// Whether the group of an attribute is `[cfg(test)]`, also with alternatives.
fn is_test(attribute: &Group) -> bool {
    let mut tokens = attribute.stream().into_iter();
    let is_cfg = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "cfg");
    let Some(TokenTree::Group(condition)) = tokens.next() else { return false };
    let words = words(condition.stream());
    is_cfg && words.iter().any(|word| word == "test") && !words.iter().any(|word| word == "not")
}

fn words(tokens: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Group(group) => words.extend(self::words(group.stream())),
            _ => {}
        }
    }
    words
}

/// Drops the attributes and doc comments at the end, which belong to the item that is skipped.
fn drop_attributes(kept: &mut Vec<TokenTree>) {
    while let [.., TokenTree::Punct(hash), TokenTree::Group(group)] = kept.as_slice()
        && hash.as_char() == '#'
        && group.delimiter() == Delimiter::Bracket
    {
        kept.truncate(kept.len() - 2);
    }
}

/// Consumes the rest of an attribute and the item behind it, which ends with `;` or a block.
fn skip_item(tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) {
    while let Some(token) = tokens.next() {
        let is_end = match &token {
            TokenTree::Punct(end) => end.as_char() == ';',
            TokenTree::Group(block) if block.delimiter() == Delimiter::Brace => {
                !matches!(tokens.peek(), Some(TokenTree::Punct(end)) if end.as_char() == ';')
            }
            _ => false,
        };
        if is_end {
            return;
        }
    }
}

/// Finds every path of two segments or more.
pub(super) fn paths(tokens: &TokenStream) -> Vec<Written> {
    let mut found = Vec::new();
    scan(tokens.clone(), &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<Written>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(_) => at = path(&tokens, at, Vec::new(), found),
            TokenTree::Group(group) => {
                scan(group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads a path or a `use` tree that starts at a token, and returns the index behind it.
fn path(tokens: &[TokenTree], mut at: usize, mut segments: Vec<String>, found: &mut Vec<Written>) -> usize {
    let mut line = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
        segments.push(segment.to_string());
        line = segment.span().start().line;
        at += 1;
        if !is_colons(tokens, at) {
            break;
        }
        at += 2;
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
        {
            branches(group, &segments, found);
            return at + 1;
        }
    }
    if segments.len() > 1 {
        found.push(Written { segments, line });
    }
    at
}

/// Reads the branches of a `use` tree.
fn branches(group: &Group, prefix: &[String], found: &mut Vec<Written>) {
    let tokens: Vec<_> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    for branch in tokens.split(is_comma) {
        path(branch, 0, prefix.to_vec(), found);
    }
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |at| matches!(tokens.get(at), Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

/// Finds the names of all methods that are called, with their lines.
pub(super) fn methods(tokens: &TokenStream) -> Vec<(String, usize)> {
    let tokens: Vec<_> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(methods(&group.stream())),
            TokenTree::Punct(dot) if dot.as_char() == '.' => {
                if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(_))) =
                    (tokens.get(at + 1), tokens.get(at + 2))
                {
                    found.push((name.to_string(), name.span().start().line));
                }
            }
            _ => {}
        }
    }
    found
}

/// Finds all string literals, which includes the lines of doc comments, with their lines.
pub(super) fn strings(tokens: &TokenStream) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => found.extend(strings(&group.stream())),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                found.extend(text(&literal).map(|text| (text, line)));
            }
            _ => {}
        }
    }
    found
}

fn text(literal: &Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    fn found(text: &str) -> Vec<String> {
        paths(&tokens(text)).into_iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn code_of_tests_is_dropped() {
        let text = "use a::b; #[cfg(test)] mod tests; #[cfg(test)] use c::{d, e}; #[cfg(any(test, feature = \"x\"))]
            #[doc(hidden)] pub mod f { g::h(); } #[cfg(not(test))] use i::j; impl K { /// Doc.\n #[cfg(test)] fn l() { m::n() } }";
        let kept = without_tests(tokens(text));
        assert_eq!(paths(&kept).len(), 2, "{kept}");
        syn::parse2::<syn::File>(kept.clone()).unwrap();
        assert!(kept.to_string().contains("i :: j") && !kept.to_string().contains("tests"), "{kept}");
    }

    #[test]
    fn paths_are_found_in_trees_and_in_macros() {
        assert_eq!(
            found(
                "use crate::{a::{self, B}, c}; fn d() { e!(\"{}\", super::f::G) } pub(crate) h: I::<crate::j::K>"
            ),
            ["crate::a::self", "crate::a::B", "crate::c", "super::f::G", "I", "crate::j::K"]
                .into_iter()
                .filter(|path| path.contains("::"))
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn strings_are_found_in_attributes_and_comments() {
        let found = strings(&tokens("/// One.\n#[error(\"two\")]\nfn f() { g!(\"three\", b\"no\", 'n') }"));
        let expected = [(" One.", 1), ("two", 2), ("three", 3)];
        assert_eq!(found, expected.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn methods_are_found_where_they_are_called() {
        assert_eq!(methods(&tokens("a.exists() && b.c.is_file()")).len(), 2);
    }
}
