//! The steps of `cargo xtask test`, those with the most news for their time first. The tests of the workspace come
//! last, so that their result stays on the screen.

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::TOOL;
use crate::checkout::Checkout;

/// One run of cargo.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) directory: Utf8PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Option<(&'static str, &'static str)>,
    /// Whether only root can do it. Another user skips it with a warning, except under CI.
    pub(super) as_root: bool,
}

const FMT: &[&str] = &["fmt", "--all", "--check"];
const DENY_WARNINGS: &[&str] = &["--", "-D", "warnings"];
/// The client is a feature that is off.
const CLIENT: &[&str] = &["clippy", "-p", "lapstrake-oci", "--all-targets", "--features", "registry"];
/// A failed test must not hide the tests of the binaries after it.
const TEST: &[&str] = &["test", "--no-fail-fast"];

pub(super) fn steps(checkout: &Checkout) -> Vec<Step> {
    let root = &checkout.root;
    let lint = |name: &str, directory: &Utf8Path| {
        Step::new(name, directory, &[&["clippy", "--workspace", "--all-targets"], &TOOL, DENY_WARNINGS])
    };
    let mut steps = vec![
        Step::new("format", root, &[FMT]),
        lint("lint", root),
        Step::new("lint the registry client", root, &[CLIENT, &TOOL, DENY_WARNINGS]),
        Step {
            env: Some(("RUSTDOCFLAGS", "-Dwarnings")),
            ..Step::new("document", root, &[&["doc", "--workspace", "--no-deps"], &TOOL])
        },
        Step::new("package", root, &[&["package", "--workspace", "--allow-dirty", "--quiet"]]),
    ];
    for example in &checkout.examples {
        let name = |what: &str| format!("{what} example {}", example.name());
        steps.push(Step::new(&name("format"), &example.directory, &[FMT]));
        steps.push(lint(&name("lint"), &example.directory));
        steps.push(Step::new(&name("test"), &example.directory, &[TEST, &TOOL]));
    }
    let fuzz = root.join("xtask").join("fuzz");
    steps.push(Step::new("format the fuzzer", &fuzz, &[FMT]));
    steps.push(Step::new("fuzz", root, &[&["xtask", "fuzz", "--seconds", "60"]]));
    // The bars of `bench` that are furthest from the noise of a machine.
    let measured = ["-p", "lapstrake-xtask", "--lib", "speed", "--", "--ignored"];
    steps.push(Step::new("measure the checks", root, &[TEST, &TOOL, &measured]));
    steps.push(Step::new("measure the cold build", root, &[&["xtask", "bench", "cold-build"]]));
    steps.push(Step::new("damage the caches", root, &[&["xtask", "mutate", "caches"]]));
    let drill = ["xtask", "drill", "--kills", "12", "--crowds", "6", "--disks", "6"];
    steps.push(Step::new("kill, crowd and starve builds", root, &[&drill]));
    // Before the tests that need the fixtures, which would wait for whichever makes them first.
    steps.push(Step { as_root: true, ..Step::new("fixtures", root, &[&["xtask", "fixtures"]]) });
    // Without `--all-targets`, which leaves out the examples of the documentation.
    steps.push(Step::new("test", root, &[TEST, &TOOL]));
    steps
}

impl Step {
    fn new(name: &str, directory: &Utf8Path, args: &[&[&str]]) -> Self {
        let args = args.iter().copied().flatten().map(|arg| (*arg).to_owned()).collect();
        Self { name: name.to_owned(), directory: directory.to_owned(), args, env: None, as_root: false }
    }

    /// The tests of the workspace at `root`, with more arguments.
    pub(super) fn tests_with(root: &Utf8Path, args: &[String]) -> Self {
        let mut step = Self::new("test", root, &[TEST, &TOOL]);
        step.args.extend_from_slice(args);
        step
    }
}
