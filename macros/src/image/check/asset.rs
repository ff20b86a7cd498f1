//! Checks the assets of a description: each exists, and is a file or a directory as its entry requires.

use lapstrake::value::UnitName;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Lit;

use crate::asset;
use crate::diagnostic::Diagnostic;
use crate::image::value_kind::ValueKind;

/// Checks that an asset exists, and returns the expansion that `asset!` has.
pub(super) fn check(
    kind: ValueKind,
    path: &str,
    literal: &Lit,
    krate: &TokenStream,
) -> Result<TokenStream, Diagnostic> {
    let span = literal.span();
    if path.contains("://") {
        let error =
            Diagnostic::new(span, format!("`{path}` is a URL, and a file of the workspace is wanted"));
        return Err(error.help(match kind {
            ValueKind::RpmFile => {
                format!(
                    "download it into the workspace, or name its repository: `repository: {}`",
                    ValueKind::Repository.example()
                )
            }
            ValueKind::RepoFile => format!(
                "download it into the workspace; if packages are there, write `repository: \"vendor\" => {path:?}`"
            ),
            _ => "download it into the workspace".to_owned(),
        }));
    }
    let found = asset::locate(path).map_err(|(message, help)| {
        let example = kind.example();
        // The name of a unit that is not a file most likely means a unit of the base.
        if kind == ValueKind::UnitFile && UnitName::parse(path).is_ok() {
            let help = format!("to enable a unit of the base, write `enable {path:?}`");
            return Diagnostic::new(span, message).help(help);
        }
        Diagnostic::new(span, message).help(help.unwrap_or_else(|| format!("it is written like `{example}`")))
    })?;
    match (kind, found.directory) {
        (ValueKind::Directory, false) => {
            let error =
                Diagnostic::new(span, format!("asset `{path}` is a file, and `tree` takes a directory"));
            return Err(error.help(format!("write `file {path:?} => \"/…\"`")));
        }
        (ValueKind::Directory | ValueKind::BindSource, _) | (_, false) => {}
        (_, true) => {
            let error = Diagnostic::new(span, format!("asset `{path}` is a directory, and a file is wanted"));
            let inside = path.trim_end_matches('/');
            return Err(error.help(match kind {
                ValueKind::UnitFile => format!("write one `unit \"{inside}/NAME.service\"` for each"),
                ValueKind::RpmFile => format!("write one `rpm_file: \"{inside}/NAME.rpm\"` for each"),
                ValueKind::RepoFile => format!("write one `repo_file: \"{inside}/NAME.repo\"` for each"),
                ValueKind::KeyFile => format!("write `gpg_key: \"{inside}/NAME\"`"),
                _ => format!("write `tree {path:?} => \"/…\"`"),
            }));
        }
    }
    let elsewhere = found.elsewhere.as_ref().map(|root| root.as_str());
    Ok(elsewhere.map_or_else(
        || quote_spanned!(span=> #krate::lapstrake::value::Asset::new(#literal)),
        |root| quote_spanned!(span=> #krate::lapstrake::value::Asset::in_workspace(#root, #literal)),
    ))
}
