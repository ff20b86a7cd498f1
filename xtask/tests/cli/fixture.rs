//! A user's workspace in a temporary directory, away from this repository's cargo configuration, and the binary of its xtask, compiled once for all tests
//! as the user's own cargo would.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The binary's name: not `xtask`, which an example has in the same target directory.
const BINARY: &str = "workspace-under-test";

const FILES: &[(&str, &str)] = &[
    ("xtask/src/main.rs", include_str!("described/xtask/main.rs")),
    ("xtask/src/faulty.rs", include_str!("described/xtask/faulty.rs")),
    ("xtask/src/fixable.rs", include_str!("described/xtask/fixable.rs")),
    ("xtask/src/planted.rs", include_str!("described/xtask/planted.rs")),
    ("xtask/src/running.rs", include_str!("described/xtask/running.rs")),
    ("gateway/Cargo.toml", "[package]\nname = \"gateway\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("gateway/build.rs", include_str!("described/gateway/build.rs")),
    ("gateway/src/bin/gatewayd.rs", include_str!("described/gateway/main.rs")),
    ("gateway/src/bin/selftest.rs", "fn main() {}\n"),
    ("diagnostics/Cargo.toml", DIAGNOSTICS),
    ("diagnostics/src/bin/canprobe.rs", "fn main() { println!(\"trace: {}\", cfg!(feature = \"trace\")) }\n"),
    ("diagnostics/src/bin/cantrace.rs", "fn main() {}\n"),
    ("diagnostics/src/bin/selftest.rs", "fn main() {}\n"),
    ("deploy/gateway.toml", include_str!("described/deploy/gateway.toml")),
    ("deploy/gatewayd.service", include_str!("described/deploy/gatewayd.service")),
    ("deploy/oneshot.service", include_str!("described/deploy/oneshot.service")),
];

const DIAGNOSTICS: &str = r#"[package]
name = "diagnostics"
version = "0.1.0"
edition = "2024"

[features]
trace = []

[[bin]]
name = "cantrace"
required-features = ["trace"]
"#;

/// A workspace of the test's own, with a cache of its own, gone when the test is.
pub(crate) struct Workspace {
    directory: TempDir,
    place: &'static str,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self::below("work")
    }

    /// A workspace at that place in a directory of its own.
    pub(crate) fn below(place: &'static str) -> Self {
        let workspace = Self { directory: TempDir::new().unwrap(), place };
        write(&workspace.root());
        // The xtask is compiled elsewhere; what its build has locked is this workspace's lock too.
        fs::copy(compiled().workspace.join("Cargo.lock"), workspace.root().join("Cargo.lock")).unwrap();
        workspace
    }

    /// Moves the workspace to another place in its directory.
    pub(crate) fn move_to(&mut self, place: &'static str) {
        let from = self.root();
        self.place = place;
        fs::rename(from, self.root()).unwrap();
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join(self.place)
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Where the build leaves its images.
    pub(crate) fn layout(&self) -> PathBuf {
        self.path("target/lapstrake/oci")
    }

    /// The user's cache.
    pub(crate) fn cache(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The names of the images that the build has left.
    pub(crate) fn tags(&self) -> String {
        self.read("target/lapstrake/oci/index.json")
    }

    /// Has skopeo read and copy the image that the build left: every digest and size of it.
    #[track_caller]
    pub(crate) fn verify(&self, image: &str) {
        if present(&["skopeo"]) {
            let from = format!("oci:{}:{image}", self.layout().display());
            let to = TempDir::new().unwrap();
            let to = format!("dir:{}", to.path().join("copy").display());
            Run::of(Command::new("skopeo").args(["copy", "--quiet", &from, &to])).done();
        }
    }

    /// The command as the user's shell would start it.
    pub(crate) fn clean<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        clean(command);
        command.env("LAPSTRAKE_CACHE", self.cache())
    }

    /// `cargo xtask image …`, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&compiled().binary);
        command.arg("image").args(arguments).current_dir(self.root()).stdin(Stdio::null());
        self.clean(&mut command);
        command
    }

    /// `cargo xtask image …`, to its end.
    pub(crate) fn image(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// The same, of another description of this workspace.
    pub(crate) fn describe(&self, description: &str, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).env("DESCRIBE", description))
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The run, which must have ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Returns the run, which must have ended because of a fatal finding.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        self.without_result(1)
    }

    /// Returns the run, which must have failed for a reason outside of the description.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        self.without_result(3)
    }

    #[track_caller]
    fn without_result(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        let message = "a command that does not succeed has no result";
        if self.stdout.starts_with('{') {
            // The document of `--format json` says why.
            let images = self.json()["images"].clone();
            assert!(images.as_array().is_none_or(Vec::is_empty), "{message}: {images}");
        } else {
            assert_eq!(self.stdout, "", "{message}");
        }
        self
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Whether these programs are there and may build as root. Where not, a test says so loudly and passes;
/// under `CI=true` it fails.
pub(crate) fn present(programs: &[&str]) -> bool {
    let root = fs::read_to_string("/proc/self/status").is_ok_and(|text| text.contains("\nUid:\t0\t0"));
    if !root {
        skipped("not root");
    }
    root && programs.iter().all(|program| installed(program))
}

/// Whether a program is there; where not, as [`present`].
pub(crate) fn installed(program: &str) -> bool {
    let starts = Command::new(program).arg("--version").output().is_ok();
    if !starts {
        skipped(&format!("`{program}` is not installed"));
    }
    starts
}

fn skipped(what: &str) {
    assert!(env::var_os("CI").is_none(), "{what}: under CI every engine must be there");
    eprintln!(
        "\n*** SKIPPED, {what}: `cargo xtask test` installs what is missing, as root, on Debian or Fedora ***\n"
    );
}

/// The xtask of every workspace here.
pub(crate) fn binary() -> &'static Path {
    &compiled().binary
}

struct Compiled {
    workspace: PathBuf,
    binary: PathBuf,
}

/// The xtask of the workspace, compiled with the profile and for the target that this test was, in the
/// same target directory: the dependencies are there already.
fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let workspace = temporary.join("cli-workspace");
        write(&workspace);
        let lock = repository().join("Cargo.lock");
        if !workspace.join("Cargo.lock").exists() {
            fs::copy(lock, workspace.join("Cargo.lock")).unwrap();
        }
        // `target/[TRIPLE/]PROFILE/deps/cli-…`
        let target = temporary.ancestors().find(|above| above.join(".rustc_info.json").exists()).unwrap();
        let test = env::current_exe().unwrap();
        let way = test.strip_prefix(target).unwrap().iter().map(|part| part.to_str().unwrap());
        let (triple, profile) = match way.collect::<Vec<_>>()[..] {
            [profile, "deps", _] => (None, profile),
            [triple, profile, "deps", _] => (Some(triple), profile),
            _ => panic!("cargo puts its tests elsewhere now: {}", test.display()),
        };
        let profile = if profile == "debug" { "dev" } else { profile };
        let mut cargo = Command::new(env!("CARGO"));
        clean(&mut cargo);
        cargo.current_dir(&workspace).args(["build", "--offline", "-p", "xtask", "--profile", profile]);
        cargo.arg("--target-dir").arg(target);
        cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
        if let Some(triple) = triple {
            cargo.args(["--target", triple]);
        }
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "the workspace under test does not compile");
        let messages = String::from_utf8(output.stdout).unwrap();
        let mut messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let binary = messages.find_map(|message| Some(message["executable"].as_str()?.into()));
        Compiled { workspace, binary: binary.unwrap() }
    })
}

/// A user's shell has none of what cargo tells a test.
fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_MANIFEST_") || text.starts_with("CARGO_PKG_") || text == "LD_LIBRARY_PATH"
        {
            command.env_remove(&name);
        }
    }
    for name in
        ["COLUMNS", "NO_COLOR", "SOURCE_DATE_EPOCH", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "DESCRIBE"]
    {
        command.env_remove(name);
    }
    command.env("CARGO_TERM_COLOR", "never");
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Writes the workspace; a file that is the same already keeps its time.
fn write(root: &Path) {
    let own = env!("CARGO_MANIFEST_DIR");
    let xtask = format!(
        "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [[bin]]\nname = {BINARY:?}\npath = \"src/main.rs\"\n\n\
         [dependencies]\nlapstrake-xtask = {{ path = {own:?}, features = [\"registry\"] }}\n"
    );
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let profile = &manifest[manifest.find("[profile.xtask]").unwrap()..];
    // The tool itself is compiled anew for another workspace, and optimised that takes a minute.
    let profile = profile.replace("lapstrake-xtask = { opt-level = 3 }\n", "");
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"gateway\", \"diagnostics\", \"xtask\"]\n\n\
         [profile.release]\ndebug = \"line-tables-only\"\n\n{profile}"
    );
    let generated = [("Cargo.toml", manifest.as_str()), ("xtask/Cargo.toml", &xtask)];
    for (path, text) in FILES.iter().copied().chain(generated) {
        let path = root.join(path);
        if fs::read_to_string(&path).is_ok_and(|same| same == text) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
