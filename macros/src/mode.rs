//! `mode!`: the one literal that may be a number. A macro sees how the number was written, which the
//! builder can't: it distinguishes `755` from `0o1363`.

use lapstrake::value::Mode;
use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::{Lit, LitInt};

use crate::diagnostic::Diagnostic;
use crate::input;
use crate::literal_macro::LiteralMacro;

pub(crate) const MODE: LiteralMacro = LiteralMacro {
    name: "mode",
    value: "Mode",
    example: "0o755",
    computed: "pass the number itself to the builder, or use `Mode::try_from`",
    check,
};

const INTEGERS: [&str; 12] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];

/// The permission bits, as a plain number on the literal's span.
fn check(literal: &Lit, kind: &LiteralMacro) -> Result<TokenStream, Diagnostic> {
    let mode = match literal {
        Lit::Int(number) => octal(number)?,
        // What chmod(1) is given: octal digits, whatever stands before them.
        Lit::Str(_) => {
            let text = input::string(literal, kind)?;
            Mode::parse(&text).map_err(|error| Diagnostic::invalid(literal.span(), &error, kind.such_as()))?
        }
        _ => {
            let token = literal.to_token_stream();
            let message = format!("`mode!` takes an octal number, and `{token}` is none");
            return Err(Diagnostic::new(literal.span(), message).help("write it as `mode!(0o755)`"));
        }
    };
    let mut bits = Literal::u32_unsuffixed(mode.bits());
    bits.set_span(literal.span());
    Ok(bits.into_token_stream())
}

pub(crate) fn octal(number: &LitInt) -> Result<Mode, Diagnostic> {
    let written = number.token().to_string();
    let refuse = |reason: &str, help: &str| {
        Err(Diagnostic::new(number.span(), format!("mode `{written}` {reason}")).help(help))
    };
    if !number.suffix().is_empty() && !INTEGERS.contains(&number.suffix()) {
        // Rust has no `0O755`: it reads a 0 with a suffix.
        let digits = number.suffix().trim_start_matches('O');
        let meant = Mode::parse(digits).map_or("0o755".to_owned(), |_| format!("0o{digits}"));
        return refuse("is not written as Rust writes octal numbers", &format!("write `{meant}`"));
    }
    let digits = written.strip_suffix(number.suffix()).unwrap_or(&written).replace('_', "");
    if let Some(octal) = digits.strip_prefix("0o") {
        return Mode::parse(octal).or_else(|_| {
            refuse(
                "is above `0o7777`: it holds permission bits, and no file type",
                "write it as `0o755` or `0o4755`",
            )
        });
    }
    if digits.bytes().all(|b| b == b'0') {
        return Mode::parse("0").map_err(|error| Diagnostic::invalid(number.span(), &error, MODE.such_as()));
    }
    // Decimal digits were meant as octal ones, if they can be; anything else is converted.
    let meant = match (Mode::parse(digits.trim_start_matches('0')), number.base10_parse::<u16>()) {
        (Ok(_), _) => format!("0o{}", digits.trim_start_matches('0')),
        (_, Ok(bits)) if bits <= 0o7777 => format!("0o{bits:o}"),
        _ => "0o755".to_owned(),
    };
    let base = match digits.get(..2) {
        Some("0x") => "is hexadecimal; modes are octal",
        Some("0b") => "is binary; modes are octal",
        _ if digits.starts_with('0') => "is decimal: a leading `0` means nothing in Rust",
        _ => "is decimal; modes are octal",
    };
    refuse(base, &format!("write `{meant}`"))
}
