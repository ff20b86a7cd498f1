//! The crates: each depends only on the crates before it, and uses nothing that its layer must not know.

use super::Violation;
use super::source::Crate;
use super::tokens::{methods, paths};

/// What is true of one crate.
pub(super) struct Rule {
    /// The folder of the crate.
    pub(super) folder: &'static str,
    /// The root file in it.
    pub(super) root: &'static str,
    /// The crates of this repository that it may depend on.
    depends_on: &'static [&'static str],
    /// Other crates that it must not depend on.
    without: &'static [&'static str],
    /// Paths that its code must not name, outside of tests.
    unnamed: &'static [&'static str],
    /// Methods that its code must not call, outside of tests.
    uncalled: &'static [&'static str],
    /// Paths of which it may name the items, but no other item of the same crate.
    only: &'static [(&'static str, &'static str)],
}

/// Methods of a path that ask the file system.
const PATH_IO: &[&str] = &[
    "canonicalize",
    "canonicalize_utf8",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_dir_utf8",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// All crates, in the order of their dependencies.
pub(super) const CRATES: [Rule; 5] = [
    Rule {
        folder: "runtime",
        root: "src/lib.rs",
        depends_on: &[],
        without: &["cargo_metadata", "tempfile", "xshell"],
        unnamed: &[
            "std::fs",
            "std::process",
            "std::net::TcpStream",
            "std::net::TcpListener",
            "std::net::UdpSocket",
        ],
        uncalled: PATH_IO,
        only: &[],
    },
    Rule {
        folder: "macros",
        root: "src/lib.rs",
        depends_on: &["lapstrake"],
        without: &[],
        unnamed: &["std::process"],
        uncalled: &[],
        only: &[],
    },
    Rule {
        folder: "xtask/oci",
        root: "src/lib.rs",
        depends_on: &["lapstrake"],
        without: &["cargo_metadata", "clap"],
        unnamed: &[],
        uncalled: &[],
        only: &[("lapstrake", "value")],
    },
    Rule {
        folder: "xtask",
        root: "src/lib.rs",
        depends_on: &["lapstrake", "lapstrake-macros", "lapstrake-oci"],
        without: &[],
        unnamed: &[],
        uncalled: &[],
        only: &[],
    },
    Rule {
        folder: "xtask/repo",
        root: "src/main.rs",
        depends_on: &["lapstrake-oci"],
        without: &[],
        unnamed: &[],
        uncalled: &[],
        only: &[],
    },
];

/// Checks the dependencies of a crate's manifest. Development dependencies count as well.
pub(super) fn dependencies(rule: &Rule, manifest: &toml::Table) -> Vec<Violation> {
    let mut found = Vec::new();
    let own = |name: &str| name == "repo" || name == "lapstrake" || name.starts_with("lapstrake-");
    for name in dependency_names(manifest) {
        let is_back = own(&name) && !rule.depends_on.contains(&name.as_str());
        if is_back || rule.without.contains(&name.as_str()) {
            found.push(Violation::new(format!("crate `{}` must not depend on `{name}`", rule.folder)));
        }
    }
    found
}

/// Returns the names of all dependencies, of every kind and target.
fn dependency_names(manifest: &toml::Table) -> Vec<String> {
    let kinds = ["dependencies", "build-dependencies", "dev-dependencies"];
    let mut names = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if kinds.contains(&key.as_str()) {
            // A renamed dependency has its name in `package`.
            let name = |(key, value): (&String, &toml::Value)| {
                value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned()
            };
            names.extend(table.iter().map(name));
        } else if key == "target" {
            names.extend(table.values().filter_map(toml::Value::as_table).flat_map(dependency_names));
        }
    }
    names
}

/// Checks what the code of a crate names.
pub(super) fn names(rule: &Rule, parsed: &Crate) -> Vec<Violation> {
    let mut found = Vec::new();
    for module in parsed.modules.values() {
        let mut report = |what: &str, line: usize| {
            let key = format!("`{}` must not use `{what}`", module.file);
            found.push(Violation { key, detail: format!("line {line}") });
        };
        for written in paths(&module.tokens) {
            let path = written.segments.join("::");
            let is_in = |prefix: &str| path == prefix || path.starts_with(&format!("{prefix}::"));
            if let Some(unnamed) = rule.unnamed.iter().find(|unnamed| is_in(unnamed)) {
                report(unnamed, written.line);
            }
            for (name, item) in rule.only {
                if written.segments[0] == *name && written.segments[1] != *item {
                    report(&written.segments[..2].join("::"), written.line);
                }
            }
        }
        for (method, line) in methods(&module.tokens) {
            if rule.uncalled.contains(&method.as_str()) {
                report(&format!(".{method}()"), line);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::source::fixture;
    use super::*;

    fn keys(found: Vec<Violation>) -> Vec<String> {
        found.into_iter().map(|found| found.key).collect()
    }

    fn rule(folder: &str) -> &'static Rule {
        CRATES.iter().find(|rule| rule.folder == folder).unwrap()
    }

    #[test]
    fn dependencies_point_one_way() {
        let manifest = "[dependencies]\nserde = \"1\"\nlapstrake.workspace = true\n\
                        x = { package = \"lapstrake-xtask\", path = \"..\" }\n\
                        [target.'cfg(unix)'.dev-dependencies]\ncargo_metadata = \"1\"\n";
        let manifest = manifest.parse().unwrap();
        assert_eq!(
            keys(dependencies(rule("xtask/oci"), &manifest)),
            [
                "crate `xtask/oci` must not depend on `lapstrake-xtask`",
                "crate `xtask/oci` must not depend on `cargo_metadata`",
            ]
        );
        assert_eq!(dependencies(rule("runtime"), &manifest).len(), 3);
    }

    #[test]
    fn the_description_does_no_io() {
        let text = "use std::{fmt, fs::File}; fn f(p: &Path) { p.exists(); std::process::exit(1) }
                    #[cfg(test)] mod tests { use std::fs; }";
        let found = keys(names(rule("runtime"), &fixture(&[("src/lib.rs", text)])));
        let expected = ["std::fs", "std::process", ".exists()"];
        assert_eq!(found, expected.map(|what| format!("`src/lib.rs` must not use `{what}`")));
    }

    #[test]
    fn images_as_bytes_know_values_alone() {
        let text = "use lapstrake::value::Architecture; use lapstrake::{value, Image}; use serde::de;";
        let found = keys(names(rule("xtask/oci"), &fixture(&[("src/lib.rs", text)])));
        assert_eq!(found, ["`src/lib.rs` must not use `lapstrake::Image`"]);
    }
}
