//! The workspace that a crate belongs to, found as cargo finds it. It only reads manifests: asking
//! cargo itself would start a process in every compilation.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use toml::de::{DeTable, DeValue};

/// What a manifest says about workspaces.
enum Membership {
    /// It has a `[workspace]`.
    Root { members: Vec<String>, exclude: Vec<String> },
    /// Its `package.workspace` names the directory of the root.
    Pointer(String),
    /// Nothing.
    Silent,
}

/// The root of the workspace of the package at `manifest_dir`: where its own manifest points, else the
/// nearest `[workspace]` from there upwards that does not exclude it, else `manifest_dir` itself.
///
/// As cargo does, the way up ends at `cargo_home` (a package of a registry belongs to nobody's
/// workspace) and at `target/package`, where `cargo package` tries a package on its own.
pub(crate) fn root(manifest_dir: &Utf8Path, cargo_home: Option<&Utf8Path>) -> Utf8PathBuf {
    for directory in manifest_dir.ancestors() {
        if directory.ends_with("target/package") {
            break;
        }
        match membership(directory) {
            Membership::Root { members, exclude } => {
                let names = |list: &[String]| {
                    list.iter().any(|entry| manifest_dir.starts_with(lexical(&directory.join(entry))))
                };
                if directory == manifest_dir || !names(&exclude) || names(&members) {
                    return directory.to_owned();
                }
            }
            Membership::Pointer(to) => return lexical(&directory.join(to)),
            Membership::Silent => {}
        }
        if Some(directory) == cargo_home {
            break;
        }
    }
    manifest_dir.to_owned()
}

/// A manifest that can't be read says nothing: cargo has refused it already, or never looks at it.
fn membership(directory: &Utf8Path) -> Membership {
    let Ok(text) = std::fs::read_to_string(directory.join("Cargo.toml")) else { return Membership::Silent };
    let Ok(manifest) = DeTable::parse(&text) else { return Membership::Silent };
    let manifest = manifest.get_ref();
    if let Some(workspace) = table(manifest, "workspace") {
        return Membership::Root {
            members: texts(workspace, "members"),
            exclude: texts(workspace, "exclude"),
        };
    }
    match table(manifest, "package").and_then(|package| value(package, "workspace")) {
        Some(DeValue::String(to)) => Membership::Pointer(to.to_string()),
        _ => Membership::Silent,
    }
}

fn value<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeValue<'i>> {
    table.get(key).map(toml::Spanned::get_ref)
}

fn table<'a, 'i>(parent: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    match value(parent, key) {
        Some(DeValue::Table(table)) => Some(table),
        _ => None,
    }
}

fn texts(table: &DeTable<'_>, key: &str) -> Vec<String> {
    let Some(DeValue::Array(array)) = value(table, key) else { return Vec::new() };
    let text = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    array.iter().filter_map(|value| text(value.get_ref())).collect()
}

/// The path with its `.` and `..` taken out by the text, as cargo takes them.
fn lexical(path: &Utf8Path) -> Utf8PathBuf {
    let mut out = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes manifests into a fresh directory, and says which root the package at `from` has.
    fn found(manifests: &[(&str, &str)], from: &str, cargo_home: Option<&str>) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(scratch.path()).unwrap().canonicalize_utf8().unwrap();
        for (directory, manifest) in manifests {
            std::fs::create_dir_all(top.join(directory)).unwrap();
            std::fs::write(top.join(directory).join("Cargo.toml"), manifest).unwrap();
        }
        let home = cargo_home.map(|home| top.join(home));
        let root = root(&lexical(&top.join(from)), home.as_deref());
        root.strip_prefix(&top).unwrap().to_string()
    }

    const PACKAGE: &str = "[package]\nname = \"x\"\n";

    #[test]
    fn a_member_belongs_to_the_workspace_above_it() {
        let manifests = [("", "[workspace]\nmembers = [\"tools/xtask\"]\n"), ("tools/xtask", PACKAGE)];
        assert_eq!(found(&manifests, "tools/xtask", None), "");
    }

    #[test]
    fn a_package_that_is_a_root_itself_is_its_own_workspace() {
        let manifests = [("", "[workspace]\n"), ("example", "[package]\nname = \"x\"\n[workspace]\n")];
        assert_eq!(found(&manifests, "example", None), "example");
    }

    #[test]
    fn every_way_of_writing_the_table_counts() {
        for text in [
            "workspace = { members = [] }",
            "workspace.members = []",
            "[workspace.package]\nedition = \"2024\"",
        ] {
            assert_eq!(found(&[("", text), ("xtask", PACKAGE)], "xtask", None), "", "{text}");
        }
        let text = "[package]\nname = \"x\"\ndescription = '''\n[workspace]\n'''\n";
        assert_eq!(
            found(&[("", text), ("xtask", PACKAGE)], "xtask", None),
            "xtask",
            "a text that mentions it"
        );
    }

    #[test]
    fn package_workspace_points_to_the_root() {
        let pointing = "[package]\nname = \"x\"\nworkspace = \"../root\"\n";
        assert_eq!(found(&[("root", "[workspace]\n"), ("xtask", pointing)], "xtask", None), "root");
    }

    #[test]
    fn an_excluded_package_stands_alone() {
        let root = "[workspace]\nexclude = [\"examples\"]\nmembers = [\"examples/kept\"]\n";
        assert_eq!(found(&[("", root), ("examples/a", PACKAGE)], "examples/a", None), "examples/a");
        assert_eq!(found(&[("", root), ("examples/kept", PACKAGE)], "examples/kept", None), "");
    }

    #[test]
    fn no_workspace_at_all_leaves_the_package_itself() {
        assert_eq!(found(&[("a/b", PACKAGE)], "a/b", None), "a/b");
    }

    #[test]
    fn a_package_of_a_registry_or_under_trial_has_no_workspace_above() {
        let manifests = [("", "[workspace]\n"), ("cargo/registry/x", PACKAGE), ("target/package/x", PACKAGE)];
        assert_eq!(found(&manifests, "cargo/registry/x", Some("cargo")), "cargo/registry/x");
        assert_eq!(found(&manifests, "target/package/x", None), "target/package/x");
    }
}
