//! Explains an option that other programs have and `cargo xtask image` does not.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options of cargo, docker and dnf, and what a person who types one is after.
const FOREIGN: [(&str, &str); 6] = [
    ("-p", "a binary's package is part of the description: `Bin::new(\"NAME\").package(\"PACKAGE\")`"),
    ("--package", "a binary's package is part of the description: `Bin::new(\"NAME\").package(\"PACKAGE\")`"),
    ("--json", "write `--format json`"),
    ("--dry-run", "`cargo xtask image plan` shows what would be built"),
    ("-t", "the image's reference is part of the description: `.reference(\"REFERENCE\")`"),
    ("--tag", "the image's reference is part of the description: `.reference(\"REFERENCE\")`"),
];

/// Replaces clap's advice, which goes by letters alone, where the option is known.
pub(super) fn explain(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return error };
    let option = given.split('=').next().unwrap_or(given);
    if let Some((_, advice)) = FOREIGN.iter().find(|(foreign, _)| *foreign == option) {
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![(*advice).into()]));
    }
    error
}
