//! The sources of a crate as a tree of modules, without the code of its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::TokenStream;
use syn::{Item, UseTree};

use super::tokens::{paths, without_tests};

/// A path of modules from the root of the crate, which is the empty path.
pub(super) type ModulePath = Vec<String>;

/// The sources of one crate.
pub(super) struct Crate {
    /// Every Rust file of the crate by its path in the repository, tests included.
    pub(super) files: BTreeMap<Utf8PathBuf, String>,
    /// Every module that is not only for tests.
    pub(super) modules: BTreeMap<ModulePath, Module>,
}

/// One module.
pub(super) struct Module {
    pub(super) file: Utf8PathBuf,
    pub(super) tokens: TokenStream,
    pub(super) items: Vec<Item>,
    /// What a `use` of the module brings into its scope, by name.
    imports: BTreeMap<String, Vec<String>>,
}

/// A reference from one module to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) from: ModulePath,
    pub(super) to: ModulePath,
    pub(super) file: Utf8PathBuf,
    pub(super) line: usize,
}

/// The reason why a crate can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is not valid Rust: {message}")]
    Parse { path: Utf8PathBuf, message: String },
    #[error("`{path}` has no file for the module `{module}`")]
    NoFile { path: Utf8PathBuf, module: String },
}

/// Reads all files with an extension below a folder of the repository, by their paths in the repository.
pub(super) fn read_files(
    root: &Utf8Path,
    folder: &Utf8Path,
) -> Result<BTreeMap<Utf8PathBuf, String>, SourceError> {
    let mut files = BTreeMap::new();
    let absolute = root.join(folder);
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    for entry in absolute.read_dir_utf8().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = folder.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            files.extend(read_files(root, &path)?);
        } else if path.extension() == Some("rs") {
            let text = fs::read_to_string(root.join(&path));
            let text = text.map_err(|source| SourceError::Read { path: path.clone(), source })?;
            files.insert(path, text);
        }
    }
    Ok(files)
}

impl Crate {
    /// Parses the modules that are reachable from the root file of the crate.
    pub(super) fn parse(root: &Utf8Path, files: BTreeMap<Utf8PathBuf, String>) -> Result<Self, SourceError> {
        let mut parsed = Self { files, modules: BTreeMap::new() };
        parsed.add_file(Vec::new(), root)?;
        Ok(parsed)
    }

    fn add_file(&mut self, path: ModulePath, file: &Utf8Path) -> Result<(), SourceError> {
        let text = &self.files[file];
        // A shebang and inner doc comments are fine: both are tokens that `syn::File` knows.
        let tokens: Result<TokenStream, _> = text.parse();
        let failed = |error: &dyn std::fmt::Display| SourceError::Parse {
            path: file.to_owned(),
            message: error.to_string(),
        };
        let tokens = without_tests(tokens.map_err(|error| failed(&error))?);
        let parsed: syn::File = syn::parse2(tokens.clone()).map_err(|error| failed(&error))?;
        self.add_module(path, file, tokens, parsed.items)
    }

    fn add_module(
        &mut self,
        path: ModulePath,
        file: &Utf8Path,
        tokens: TokenStream,
        items: Vec<Item>,
    ) -> Result<(), SourceError> {
        let mut children = BTreeSet::new();
        for item in &items {
            let Item::Mod(child) = item else { continue };
            let name = child.ident.to_string();
            let child_path = [path.as_slice(), std::slice::from_ref(&name)].concat();
            match &child.content {
                // An empty module only carries documentation.
                Some((_, inner)) if inner.is_empty() => continue,
                Some((_, inner)) => {
                    let tokens = inner.iter().map(quote::ToTokens::to_token_stream).collect();
                    self.add_module(child_path, file, tokens, inner.clone())?;
                }
                None => {
                    let child_file = self.file_of(file, &name)?;
                    self.add_file(child_path, &child_file)?;
                }
            }
            children.insert(name);
        }
        let mut imports = BTreeMap::new();
        for item in &items {
            if let Item::Use(import) = item {
                collect_imports(&import.tree, &mut Vec::new(), &mut imports);
            }
        }
        for target in imports.values_mut() {
            if children.contains(&target[0]) {
                target.insert(0, "self".to_owned());
            }
        }
        self.modules.insert(path, Module { file: file.to_owned(), tokens, items, imports });
        Ok(())
    }

    fn file_of(&self, parent: &Utf8Path, module: &str) -> Result<Utf8PathBuf, SourceError> {
        let folder = match parent.file_name() {
            Some("lib.rs" | "main.rs" | "mod.rs") => parent.with_file_name(""),
            _ => parent.with_extension(""),
        };
        let candidates = [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")];
        let found = candidates.into_iter().find(|file| self.files.contains_key(file));
        found.ok_or_else(|| SourceError::NoFile { path: parent.to_owned(), module: module.to_owned() })
    }

    /// Returns every reference from a module to another module of the crate, re-exports followed.
    pub(super) fn references(&self) -> BTreeSet<Reference> {
        let mut references = BTreeSet::new();
        for (from, module) in &self.modules {
            for written in paths(&module.tokens) {
                for to in self.visited(from, &written.segments) {
                    if to != *from {
                        let (from, file, line) = (from.clone(), module.file.clone(), written.line);
                        references.insert(Reference { from, to, file, line });
                    }
                }
            }
        }
        references
    }

    /// Returns the modules that a path of a module names: the one it is written with, and the one that defines the
    /// item when the first only exports it.
    fn visited(&self, from: &[String], path: &[String]) -> BTreeSet<ModulePath> {
        let mut visited = BTreeSet::new();
        let Some((mut module, mut rest)) = start(from, path) else { return visited };
        // A chain of exports can't be longer than there are modules.
        for _ in 0..=self.modules.len() {
            while let Some((next, after)) = rest.split_first() {
                let child = [module.as_slice(), std::slice::from_ref(next)].concat();
                if !self.modules.contains_key(&child) {
                    break;
                }
                (module, rest) = (child, after.to_vec());
            }
            visited.insert(module.clone());
            let Some((name, after)) = rest.split_first() else { break };
            let Some(export) = self.modules.get(&module).and_then(|module| module.imports.get(name)) else {
                break;
            };
            let Some((next, mut following)) = start(&module, export) else { break };
            following.extend_from_slice(after);
            (module, rest) = (next, following);
        }
        visited
    }
}

/// Returns the module from which a path of `from` is resolved, and the segments to resolve. A path that starts with
/// another crate has none.
fn start(from: &[String], path: &[String]) -> Option<(ModulePath, Vec<String>)> {
    let (first, mut rest) = path.split_first()?;
    let mut module = match first.as_str() {
        "crate" => Vec::new(),
        "self" => from.to_vec(),
        "super" => from.split_last()?.1.to_vec(),
        _ => return None,
    };
    while let Some((next, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
        _ = next;
        module.pop()?;
        rest = after;
    }
    Some((module, rest.to_vec()))
}

fn collect_imports(tree: &UseTree, prefix: &mut Vec<String>, imports: &mut BTreeMap<String, Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            collect_imports(&path.tree, prefix, imports);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            if let Some(last) = prefix.last() {
                imports.insert(last.clone(), prefix.clone());
            }
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            imports.insert(name.clone(), [prefix.as_slice(), &[name]].concat());
        }
        UseTree::Rename(rename) => {
            let target = [prefix.as_slice(), &[rename.ident.to_string()]].concat();
            imports.insert(rename.rename.to_string(), target);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect_imports(tree, prefix, imports);
            }
        }
        UseTree::Glob(_) => {}
    }
}

/// Parses a crate of a test from its files.
#[cfg(test)]
pub(super) fn fixture(files: &[(&str, &str)]) -> Crate {
    let files = files.iter().map(|(path, text)| (Utf8PathBuf::from(path), (*text).to_owned())).collect();
    Crate::parse(Utf8Path::new("src/lib.rs"), files).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_follows_exports() {
        let parsed = fixture(&[
            ("src/lib.rs", "mod a; mod b; pub use b::Thing;"),
            ("src/a.rs", "use crate::Thing; fn f() -> crate::b::Inner { super::b::deep::g() }"),
            (
                "src/b/mod.rs",
                "mod deep; mod other; pub use deep::Inner; pub use other::Thing; #[cfg(test)] mod tests;",
            ),
            ("src/b/deep.rs", "use super::Thing; pub struct Inner;"),
            ("src/b/other.rs", "pub struct Thing;"),
        ]);
        let found: BTreeSet<_> = parsed
            .references()
            .into_iter()
            .map(|reference| format!("{} > {}", reference.from.join("::"), reference.to.join("::")))
            .collect();
        let expected = ["a > ", "a > b", "a > b::deep", "a > b::other", "b::deep > b", "b::deep > b::other"];
        let inside: Vec<_> = found.iter().filter(|found| !found.starts_with("b >")).collect();
        assert_eq!(inside, expected);
    }

    #[test]
    fn a_module_without_a_file_is_an_error() {
        let files = [(Utf8PathBuf::from("src/lib.rs"), "mod a;".to_owned())].into();
        let error = Crate::parse(Utf8Path::new("src/lib.rs"), files).err().unwrap();
        assert_eq!(error.to_string(), "`src/lib.rs` has no file for the module `a`");
    }
}
