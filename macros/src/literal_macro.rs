//! The description of a literal macro: its name, its type, an example, and the check of its literal.

use proc_macro2::TokenStream;
use syn::Lit;

use crate::diagnostic::Diagnostic;

/// One literal macro.
pub(crate) struct LiteralMacro {
    /// The macro's name, and that of the function in `__private` that its expansion calls.
    pub(crate) name: &'static str,
    /// The type of its value, as `__private` exports it.
    pub(crate) value: &'static str,
    /// A literal that it takes.
    pub(crate) example: &'static str,
    /// What to do where the value is not a literal; reads on from "for a computed value, ".
    pub(crate) computed: &'static str,
    /// Checks a literal, and gives the arguments of that function.
    pub(crate) check: fn(&Lit, &LiteralMacro) -> Result<TokenStream, Diagnostic>,
}

impl LiteralMacro {
    /// Returns the help for an input whose meaning is unknown.
    pub(crate) fn such_as(&self) -> String {
        format!("it is written like `{}!({})`", self.name, self.example)
    }
}
