//! A command that needs the registry client, in an xtask without it.

use clap::Args;

use super::arguments::{FormatArgs, Output};
use super::failed::Failed;
use super::sign_error::SignError;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct NoClient {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<String>,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl NoClient {
    #[expect(clippy::unused_self, reason = "as the commands that have a client")]
    pub(super) fn run(&self) -> Result<Exit, Failed> {
        Err(SignError::NotCompiled.into())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::support::explain::Explain as _;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: NoClient,
    }

    #[test]
    fn any_words_end_with_how_to_get_the_client() {
        for words in [&["sign", "registry.example/edge:1", "--key", "sign.key"][..], &["verify"]] {
            let failed = Line::try_parse_from(words).ok().map(|line| line.command.run().unwrap_err());
            assert_eq!(
                failed.and_then(|failed| failed.help()).as_deref(),
                Some("run `cargo add lapstrake-xtask --features registry` in the package of the xtask")
            );
        }
    }
}
