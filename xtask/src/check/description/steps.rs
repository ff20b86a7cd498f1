//! Packages and run steps: what an engine could not be asked for.

use super::{fatal, layers, warning, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "empty-run",
        "a run step starts a program, and names it first",
        layers(r#"Layer::new("app").run([""; 0])"#, r#"Layer::new("app").run(["ldconfig"])"#),
    ),
    fatal(
        "mount-point",
        "the options of a Containerfile's `RUN --mount` end at a comma or a blank, and know no quotes",
        layers(
            r#"Layer::new("app").with(Run::new(["ldconfig"]).cache("/var/cache/my app"))"#,
            r#"Layer::new("app").with(Run::new(["ldconfig"]).cache("/var/cache/my-app"))"#,
        ),
    ),
    fatal(
        "duplicate-secret",
        "an engine knows the secrets of a build by their ids, and of two by one id each step would read the same",
        layers(
            r#"Layer::new("app")
    .with(Run::new(["a"]).secret(Secret::env("token", "A_TOKEN")))
    .with(Run::new(["b"]).secret(Secret::env("token", "B_TOKEN")))"#,
            r#"Layer::new("app")
    .with(Run::new(["a"]).secret(Secret::env("a-token", "A_TOKEN")))
    .with(Run::new(["b"]).secret(Secret::env("b-token", "B_TOKEN")))"#,
        ),
    ),
    fatal(
        "empty-packages",
        "an entry of packages names one to install, remove or swap",
        layers(
            r#"Layer::new("platform").packages([""; 0])"#,
            r#"Layer::new("platform").text("the base has all\n", "/usr/share/doc/platform")"#,
        ),
    ),
    fatal(
        "package-transaction",
        "each package manager has limits: microdnf can't both install and remove, and has no groups",
        words(
            "`Packages::install([\"jq\"]).and_remove([\"nano\"])` on a base that has microdnf alone",
            "two layers; or `dnf` among the `rpms` of the base's manifest",
        ),
    ),
    warning(
        "without-scriptlets",
        "scriptlets make accounts, presets of units, alternatives and caches, which are missing without them",
        words(
            "`Packages::install([\"chrony\"]).without_scriptlets()`",
            "`Packages::install([\"chrony\"])`, or `.allow(\"without-scriptlets\")` where the scriptlets do nothing that the image needs",
        ),
    ),
    fatal(
        "rpm-file",
        "package managers take a file for a package by its name, and a layer's files share a folder",
        words(
            "`.rpm_file(\"vendor/diagnostics\")`, or two files of one name",
            "`.rpm_file(\"vendor/diagnostics-2.1-1.noarch.rpm\")`",
        ),
    ),
    fatal(
        "repo-file",
        "dnf reads files that end in `.repo`, and a layer's files share a folder",
        words("`.repo_file(\"deploy/vendor.conf\")`", "`.repo_file(\"deploy/vendor.repo\")`"),
    ),
    fatal(
        "repo-directory",
        "dnf finds the packages of a repository by its index, and a directory of the workspace is there during the build",
        words(
            "`Repository::directory(\"local\", \"rpms\")` without `rpms/repodata`, or with `.kept()`",
            "`createrepo_c rpms` before the build, or `.rpm_dir(\"rpms\")`",
        ),
    ),
    fatal(
        "duplicate-repository",
        "a repository is known by its id, and of two by one id dnf would read one",
        words(
            "`Repository::new(\"vendor\", …)` twice in the packages of a layer",
            "one of them, or another id",
        ),
    ),
];
