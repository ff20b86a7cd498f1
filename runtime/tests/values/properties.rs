//! What holds for any text and any number.

use std::fmt::{Debug, Display};

use lapstrake::TransportRef;
use lapstrake::value::{
    Capabilities, ImageName, ImagePath, Invalid, Karg, LabelKey, LayerName, Mode, ModuleStream, Owner,
    PackageSpec, Reference, SysusersLine, TmpfilesLine, UnitName,
};
use proptest::prelude::*;

/// Returns any text. Most have the signs that a parser treats specially.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"([/.:@%\\"'=+, \t\n\x00\[\]-]|[a-z0-9_]{1,3}|[A-Zé]|0o|\.wh\.|\.\.|sha256:|://|\.service|cap_net_raw|u|d){0,12}"#,
        "[a-z0-9/.:@_-]{1,16}",
        any::<String>(),
    ]
}

/// Checks a parser with a text: it does not panic, it accepts the `Display` of its value, its error is one printable
/// line, and it accepts the text of a help "write `…`".
fn holds<T: PartialEq + Debug + Display>(
    parse: fn(&str) -> Result<T, Invalid>,
    text: &str,
) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(value) => {
            let again = parse(&value.to_string());
            prop_assert_eq!(again, Ok(value));
        }
        Err(error) => {
            prop_assert!(text.contains(error.offending()));
            let help = error.help().unwrap_or_default();
            prop_assert!(!error.to_string().contains(char::is_control) && !help.contains(char::is_control));
            let meant = help.strip_prefix("write `").and_then(|rest| rest.strip_suffix('`'));
            // Escapes, quotes and capitals are placeholders.
            if let Some(meant) = meant.filter(|meant| !meant.contains(['\\', '"', 'N', 'P', '='])) {
                prop_assert!(parse(meant).is_ok(), "{} helps with {}", error, help);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_breaks_a_parser(text in text()) {
        holds(ImagePath::parse, &text)?;
        holds(Mode::parse, &text)?;
        holds(UnitName::parse, &text)?;
        holds(Reference::parse, &text)?;
        holds(LayerName::parse, &text)?;
        holds(ImageName::parse, &text)?;
        holds(Owner::parse, &text)?;
        holds(Capabilities::parse, &text)?;
        holds(Karg::parse, &text)?;
        holds(LabelKey::parse, &text)?;
        holds(ModuleStream::parse, &text)?;
        holds(PackageSpec::parse, &text)?;
        holds(SysusersLine::parse, &text)?;
        holds(TmpfilesLine::parse, &text)?;
        holds::<TransportRef>(str::parse, &text)?;
    }

    #[test]
    fn every_number_is_a_mode_or_has_a_help(bits in prop_oneof![0..0o10000_u32, any::<u32>()]) {
        match Mode::try_from(bits) {
            Ok(mode) => prop_assert_eq!(mode.bits(), bits),
            Err(error) => prop_assert!(error.help().is_some()),
        }
    }
}
