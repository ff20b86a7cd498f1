//! The macros whose literal is a string that one of `lapstrake`'s parsers takes as it is.

use lapstrake::value::{
    Capabilities, ImagePath, Invalid, Karg, LayerName, Reference, SysusersLine, TmpfilesLine, UnitName,
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::input;
use crate::literal_macro::LiteralMacro;

pub(crate) const PATH: LiteralMacro = LiteralMacro {
    name: "path",
    value: "ImagePath",
    example: r#""/etc/sensord.toml""#,
    computed: "pass the text itself to the builder, or use `ImagePath::parse`",
    check: |literal, kind| parsed(literal, kind, ImagePath::parse),
};

pub(crate) const UNIT: LiteralMacro = LiteralMacro {
    name: "unit",
    value: "UnitName",
    example: r#""sensord.service""#,
    computed: "pass the text itself to the builder, or use `UnitName::parse`",
    check: |literal, kind| parsed(literal, kind, UnitName::parse),
};

pub(crate) const REFERENCE: LiteralMacro = LiteralMacro {
    name: "reference",
    value: "Reference",
    example: r#""registry.example/autosd-bootc-qemu:1""#,
    computed: "pass the text itself to the builder, or use `Reference::parse`",
    check: |literal, kind| parsed(literal, kind, Reference::parse),
};

pub(crate) const LAYER_NAME: LiteralMacro = LiteralMacro {
    name: "layer_name",
    value: "LayerName",
    example: r#""app""#,
    computed: "pass the text itself to the builder, or use `LayerName::parse`",
    check: |literal, kind| parsed(literal, kind, LayerName::parse),
};

pub(crate) const CAPABILITIES: LiteralMacro = LiteralMacro {
    name: "capabilities",
    value: "Capabilities",
    example: r#""cap_net_bind_service=ep""#,
    computed: "pass the text itself to the builder, or use `Capabilities::parse`",
    check: |literal, kind| parsed(literal, kind, Capabilities::parse),
};

pub(crate) const KARG: LiteralMacro = LiteralMacro {
    name: "karg",
    value: "Karg",
    example: r#""console=ttyS0""#,
    computed: "pass the text itself to the builder, or use `Karg::parse`",
    check: |literal, kind| parsed(literal, kind, Karg::parse),
};

pub(crate) const SYSUSERS_LINE: LiteralMacro = LiteralMacro {
    name: "sysusers_line",
    value: "SysusersLine",
    example: r#""u sensord - \"Telemetry\"""#,
    computed: "pass the text itself to the builder, or use `SysusersLine::parse`",
    check: |literal, kind| parsed(literal, kind, SysusersLine::parse),
};

pub(crate) const TMPFILES_LINE: LiteralMacro = LiteralMacro {
    name: "tmpfiles_line",
    value: "TmpfilesLine",
    example: r#""d /var/lib/sensord 0750 sensord sensord -""#,
    computed: "pass the text itself to the builder, or use `TmpfilesLine::parse`",
    check: |literal, kind| parsed(literal, kind, TmpfilesLine::parse),
};

/// The literal's own token, once its text parses.
fn parsed<T>(
    literal: &Lit,
    kind: &LiteralMacro,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Result<TokenStream, Diagnostic> {
    let text = input::string(literal, kind)?;
    match parse(&text) {
        Ok(_) => Ok(quote!(#literal)),
        Err(error) => Err(Diagnostic::invalid(literal.span(), &error, kind.such_as())),
    }
}
