//! `asset!`: a file or directory of the workspace, seen to be there while rustc compiles. Its content
//! is never read: what ends up in the image is what is there when the image is built.

use std::env;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::suggest::nearest;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Lit;

use crate::diagnostic::Diagnostic;
use crate::input;
use crate::literal_macro::LiteralMacro;
use crate::workspace;

pub(crate) const ASSET: LiteralMacro = LiteralMacro {
    name: "asset",
    value: "Asset",
    example: r#""deploy/sensord.service""#,
    computed: "pass the text itself to the builder, or use `Asset::new`",
    check,
};

/// What is wrong with an asset's path, and what to write instead.
type Refusal = (String, Option<String>);

/// The folder that the asset is in, if the running tool can't know it, and the path as it was written.
fn check(literal: &Lit, kind: &LiteralMacro) -> Result<TokenStream, Diagnostic> {
    let path = input::string(literal, kind)?;
    match locate(&path) {
        Ok(found) => {
            let elsewhere = found.elsewhere.as_ref().map(|root| root.as_str());
            let elsewhere = elsewhere.map_or_else(
                || quote_spanned!(literal.span()=> ::core::option::Option::None),
                |root| quote_spanned!(literal.span()=> ::core::option::Option::Some(#root)),
            );
            Ok(quote_spanned!(literal.span()=> #elsewhere, #literal))
        }
        Err((message, help)) => {
            let error = Diagnostic::new(literal.span(), message);
            Err(error.help(help.unwrap_or_else(|| kind.such_as())))
        }
    }
}

/// An asset that is there.
pub(crate) struct Found {
    /// The root of its workspace, if another workspace is compiled: relative to that one if it is below
    /// it, so that both can be moved.
    pub(crate) elsewhere: Option<Utf8PathBuf>,
    /// Whether it is a directory.
    pub(crate) directory: bool,
}

/// Looks for an asset in the workspace of the crate that is being compiled.
pub(crate) fn locate(path: &str) -> Result<Found, Refusal> {
    let Ok(manifest_dir) = env::var("CARGO_MANIFEST_DIR") else {
        return Err((
            "an asset needs cargo: `CARGO_MANIFEST_DIR` names no directory".to_owned(),
            Some("build with cargo, in a directory whose name is UTF-8".to_owned()),
        ));
    };
    let manifest_dir = Utf8PathBuf::from(manifest_dir);
    let cargo_home = env::var("CARGO_HOME").map(Utf8PathBuf::from);
    let cargo_home = cargo_home.or_else(|_| env::var("HOME").map(|home| Utf8Path::new(&home).join(".cargo")));
    let root = workspace::root(&manifest_dir, cargo_home.ok().as_deref());
    match find(&root, &manifest_dir, path) {
        Ok(()) => Ok(Found { directory: root.join(path).is_dir(), elsewhere: elsewhere(&root) }),
        Err((reason, help)) => Err((format!("asset `{}` {reason}", path.escape_debug()), help)),
    }
}

/// Returns what must be known of a root to find it again. Cargo runs rustc in the root of the workspace that it
/// compiles if the crate is below it, and only the running tool knows where that root is then: a workspace is
/// moved or copied, and cargo compiles nothing.
fn elsewhere(root: &Utf8Path) -> Option<Utf8PathBuf> {
    let compiled = env::current_dir().ok().and_then(|directory| directory.canonicalize().ok());
    let found = root.canonicalize_utf8().ok();
    match (compiled, found) {
        (Some(compiled), Some(found)) => match found.strip_prefix(&compiled) {
            Ok(below) if below.as_str().is_empty() => None,
            Ok(below) => Some(below.to_owned()),
            Err(_) => Some(root.to_owned()),
        },
        _ => Some(root.to_owned()),
    }
}

/// Sees that `path` is a file or directory under `root`.
fn find(root: &Utf8Path, manifest_dir: &Utf8Path, path: &str) -> Result<(), Refusal> {
    let write = |path: &dyn std::fmt::Display| Some(format!("write `{path}`"));
    if path.is_empty() {
        return Err(("is empty".to_owned(), None));
    }
    if path.starts_with('/') {
        let inside = Utf8Path::new(path).strip_prefix(root).map(Utf8Path::as_str);
        let inside = inside.unwrap_or(path.trim_start_matches('/'));
        let help = if find(root, manifest_dir, inside).is_ok() {
            write(&inside)
        } else {
            Some("copy the file into the workspace, or make it with `File::text`".to_owned())
        };
        return Err(("is absolute; assets are relative to the workspace".to_owned(), help));
    }
    let mut depth = 0;
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            let reason = "leads out of the workspace; it starts at the workspace's root".to_owned();
            let inside = path.trim_start_matches("../");
            let help = if inside != path && find(root, manifest_dir, inside).is_ok() {
                write(&inside)
            } else {
                Some("copy the file into the workspace".to_owned())
            };
            return Err((reason, help));
        }
    }
    match root.join(path).metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            let help = "a layer holds files, directories and symlinks".to_owned();
            Err(("is neither a file nor a directory".to_owned(), Some(help)))
        }
        Ok(_) if leads_out(root, path) => Err((
            "leads out of the workspace through a symlink".to_owned(),
            Some("copy the file into the workspace".to_owned()),
        )),
        Ok(_) => Ok(()),
        Err(error) if missing(&error) => {
            let file = path.trim_end_matches('/');
            if root.join(file).is_file() {
                return Err(("is a file, not a directory".to_owned(), write(&file)));
            }
            if let Ok(target) = root.join(path).read_link_utf8() {
                return Err((format!("is a symlink to `{target}`, which is not there"), None));
            }
            let reason = "is not in the workspace".to_owned();
            let from_package = manifest_dir.strip_prefix(root).map(|package| package.join(path));
            let help = match from_package {
                Ok(meant) if meant != path && root.join(&meant).exists() => {
                    format!("write `{meant}`: assets start at the workspace's root, not at the package")
                }
                _ => near(root, path),
            };
            Err((reason, Some(help)))
        }
        Err(error) => Err((format!("can't be seen: {error}"), None)),
    }
}

fn missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput
    )
}

/// Whether what the path names, all symlinks followed, lies outside of the root.
fn leads_out(root: &Utf8Path, path: &str) -> bool {
    match (root.canonicalize(), root.join(path).canonicalize()) {
        (Ok(root), Ok(found)) => !found.starts_with(root),
        _ => true,
    }
}

/// What to write instead of a path that is not there: each component that is missing is replaced by
/// the likest name beside it. Where none is like it, what there is.
fn near(root: &Utf8Path, path: &str) -> String {
    let mut found = Utf8PathBuf::new();
    for component in path.split('/').filter(|component| !matches!(*component, "" | ".")) {
        if root.join(&found).join(component).exists() {
            found.push(component);
            continue;
        }
        let names = names(&root.join(&found));
        match nearest(component, &names) {
            Some(name) => found.push(name),
            None => return listing(&found, &names),
        }
    }
    format!("did you mean `{found}`?")
}

/// The names in a directory, sorted, hidden ones left out.
fn names(directory: &Utf8Path) -> Vec<String> {
    let entries = directory.read_dir_utf8().into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_owned()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

fn listing(directory: &Utf8Path, names: &[String]) -> String {
    const SHOWN: usize = 8;
    let place = if directory.as_str().is_empty() {
        "the workspace's root".to_owned()
    } else {
        format!("`{directory}`")
    };
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{}`", name.escape_debug())).collect();
    match names.len() {
        0 => format!("{place} holds no file"),
        1..=SHOWN => format!("{place} holds {}", shown.join(", ")),
        more => format!("{place} holds {} and {} more", shown.join(", "), more - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of two packages, beside a file that is not in it.
    struct Scratch {
        top: tempfile::TempDir,
    }

    impl Scratch {
        fn new() -> Self {
            let top = tempfile::tempdir().unwrap();
            for file in ["ws/deploy/a.service", "ws/xtask/deploy/b.service", "ws/tree/deep/c", "outside"] {
                let path = top.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            std::os::unix::fs::symlink("../outside", top.path().join("ws/out")).unwrap();
            std::os::unix::fs::symlink("deploy", top.path().join("ws/in")).unwrap();
            std::os::unix::fs::symlink("nowhere", top.path().join("ws/dangling")).unwrap();
            std::os::unix::net::UnixListener::bind(top.path().join("ws/socket")).unwrap();
            Self { top }
        }

        /// What `asset!(path)` of the package `xtask` says: nothing, or the reason and the help.
        fn find(&self, path: &str) -> Option<(String, String)> {
            let root = Utf8Path::from_path(self.top.path()).unwrap().join("ws");
            let path = path.replace("$ROOT", root.as_str());
            let (reason, help) = find(&root, &root.join("xtask"), &path).err()?;
            Some((reason, help.unwrap_or_default()))
        }
    }

    #[test]
    fn files_directories_and_symlinks_that_stay_inside_are_assets() {
        let scratch = Scratch::new();
        for path in
            ["deploy/a.service", "deploy", "deploy/", "./deploy/a.service", "in/a.service", "tree/../deploy"]
        {
            assert_eq!(scratch.find(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_refused_is_told_what_to_write() {
        let scratch = Scratch::new();
        for (path, reason, help) in [
            ("deploy/a.sevrice", "is not in the workspace", "did you mean `deploy/a.service`?"),
            ("delpoy/a.service", "is not in the workspace", "did you mean `deploy/a.service`?"),
            ("tree/depe/c", "is not in the workspace", "did you mean `tree/deep/c`?"),
            ("deploy/b.service", "is not in the workspace", "write `xtask/deploy/b.service`: assets start"),
            ("deploy/zzzzzzzzzzzz", "is not in the workspace", "`deploy` holds `a.service`"),
            ("deploy/a\0", "is not in the workspace", "`deploy` holds `a.service`"),
            ("$ROOT/deploy/a.service", "is absolute", "write `deploy/a.service`"),
            ("/deploy/a.service", "is absolute", "write `deploy/a.service`"),
            ("/etc/passwd-", "is absolute", "copy the file into the workspace"),
            ("../outside", "leads out of the workspace;", "copy the file into the workspace"),
            ("../deploy/a.service", "leads out of the workspace;", "write `deploy/a.service`"),
            ("tree/../../ws/tree", "leads out of the workspace;", "copy the file into the workspace"),
            ("out", "leads out of the workspace through a symlink", "copy the file into the workspace"),
            ("dangling", "is a symlink to `nowhere`, which is not there", ""),
            ("socket", "is neither a file nor a directory", "a layer holds"),
            ("deploy/a.service/", "is a file, not a directory", "write `deploy/a.service`"),
            ("", "is empty", ""),
        ] {
            let (found_reason, found_help) = scratch.find(path).unwrap_or_default();
            assert!(found_reason.starts_with(reason), "{path}: {found_reason}");
            assert!(found_help.starts_with(help), "{path}: {found_help}");
        }
    }
}
