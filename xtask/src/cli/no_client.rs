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
