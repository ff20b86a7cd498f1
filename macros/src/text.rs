//! The macros whose literal is a string that one of `lapstrake`'s parsers takes as it is.

use lapstrake::value::{ImagePath, Invalid, Reference, UnitName};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::input;
use crate::literal::Kind;

pub(crate) const PATH: Kind = Kind {
    name: "path",
    value: "ImagePath",
    example: r#""/etc/sensord.toml""#,
    computed: "pass the text itself to the builder, or use `ImagePath::parse`",
    check: |literal, kind| parsed(literal, kind, ImagePath::parse),
};

pub(crate) const UNIT: Kind = Kind {
    name: "unit",
    value: "UnitName",
    example: r#""sensord.service""#,
    computed: "pass the text itself to the builder, or use `UnitName::parse`",
    check: |literal, kind| parsed(literal, kind, UnitName::parse),
};

pub(crate) const REFERENCE: Kind = Kind {
    name: "reference",
    value: "Reference",
    example: r#""registry.example/autosd-bootc-qemu:1""#,
    computed: "pass the text itself to the builder, or use `Reference::parse`",
    check: |literal, kind| parsed(literal, kind, Reference::parse),
};

/// The literal's own token, once its text parses.
fn parsed<T>(
    literal: &Lit,
    kind: &Kind,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Result<TokenStream, Diagnostic> {
    let text = input::string(literal, kind)?;
    match parse(&text) {
        Ok(_) => Ok(quote!(#literal)),
        Err(error) => Err(Diagnostic::invalid(literal.span(), &error, kind)),
    }
}
