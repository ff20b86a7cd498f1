//! How the binaries of a build are chosen, shared, and kept free of paths.

use std::collections::BTreeSet;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::Architecture;

use super::{CargoEnv, CargoPassthrough, Executables, of_architecture, run};
use crate::plan::Invocation;
use crate::project::cargo_flags::CargoFlags;
use crate::project::workspace::{Package, Workspace};
use crate::store::Paths;
use crate::support::progress::Progress;
use crate::support::small_map::{SmallMap, SmallSet};

/// Builds a program with dependencies by path outside of its workspace, in a folder.
fn built_in(folder: &Utf8Path) -> Vec<u8> {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest = |name: &str, rest: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{rest}"
        )
    };
    let root = manifest("app", "near = { path = \"../near\" }\n[workspace]\n");
    write("work/Cargo.toml", &root);
    write("work/src/main.rs", "fn main() { near::check(std::env::args().count()) }\n");
    // It is not in the workspace's own manifest, and its folder is in that of the other.
    write("near/Cargo.toml", &manifest("near", "deep = { path = \"deep\" }\n"));
    write("near/src/lib.rs", "pub fn check(n: usize) { assert!(n < 9); deep::check(n) }\n");
    write("near/deep/Cargo.toml", &manifest("deep", ""));
    write(
        "near/deep/src/lib.rs",
        "#[inline(never)]\npub fn check(n: usize) { assert!(n < 8, \"too many\") }\n",
    );
    let root = folder.join("work");
    let id = cargo_metadata::PackageId {
        repr: format!("path+file://{}#app@0.1.0", root.as_str().replace(' ', "%20")),
    };
    let (bins, features, path_dependencies) = (vec!["app".to_owned()], Vec::new(), Vec::new());
    let (version, manifest) = ("0.1.0".to_owned(), root.join("Cargo.toml"));
    let package = Package { id, version, bins, features, manifest, path_dependencies };
    let packages = SmallMap::from([("app".to_owned(), package)]);
    let workspace = Workspace { target: root.join("target"), packages, flags: CargoFlags::default(), root };
    let invocation = Invocation {
        profile: "release".to_owned(),
        target: None,
        default_features: true,
        features: BTreeSet::new(),
        packages: BTreeSet::from(["app@0.1.0".to_owned()]),
        bins: BTreeSet::from(["app".to_owned()]),
    };
    let arguments = vec!["--offline".to_owned(), "-q".to_owned()];
    let passed = CargoPassthrough { arguments, reproducible: true, ..CargoPassthrough::default() };
    let paths = Paths::of(&workspace.root, &workspace.target);
    let progress = Progress::silent();
    let environment = CargoEnv { workspace: &workspace, paths: &paths, passed: &passed, progress: &progress };
    let built = run(&invocation, &environment).unwrap();
    fs::read(built.values().flatten().next().unwrap()).unwrap()
}

#[test]
fn a_reproducible_build_does_not_know_where_a_dependency_by_path_is() {
    let scratch = tempfile::tempdir().unwrap();
    let scratch = Utf8PathBuf::from_path_buf(scratch.path().canonicalize().unwrap()).unwrap();
    for folder in [scratch.join("one"), scratch.join("other/longer path")] {
        let binary = built_in(&folder);
        for path in [folder.join("near"), folder.join("near/deep"), folder.clone()] {
            let path = path.as_str().as_bytes();
            let has = binary.windows(path.len()).any(|window| window == path);
            assert!(!has, "{} is in the binary", path.escape_ascii());
        }
        let shown = b"/outside/deep-0.1.0/src/lib.rs";
        assert!(binary.windows(shown.len()).any(|window| window == shown), "a panic names its file");
    }
}

#[test]
fn of_several_targets_the_one_for_the_base_is_taken_and_two_of_its_architecture_are_refused() {
    let chosen = |targets: &[&str]| {
        let paths: SmallSet<_> =
            targets.iter().map(|target| format!("/w/target/{target}/release/bin").into()).collect();
        let built = SmallMap::from([(("package".to_owned(), "bin".to_owned()), paths)]);
        of_architecture(built, Architecture::Arm64)
    };
    let (gnu, musl) = ("aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl");
    let path = |target: &str| executables(&format!("/w/target/{target}/release/bin"));
    assert_eq!(chosen(&["x86_64-unknown-linux-gnu", gnu]).unwrap(), path(gnu));
    assert_eq!(chosen(&["riscv64gc-unknown-linux-gnu"]).unwrap(), path("riscv64gc-unknown-linux-gnu"));
    let message = chosen(&[gnu, musl]).unwrap_err().to_string();
    assert_eq!(message, format!("cargo built `bin` for several targets: `{gnu}`, `{musl}`"));
    assert!(chosen(&["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"]).is_err());
}

fn executables(path: &str) -> Executables {
    Executables::from([(("package".to_owned(), "bin".to_owned()), path.into())])
}
