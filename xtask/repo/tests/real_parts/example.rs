//! A project as a user has it who copied it: its parts beside it, its own target directory, and
//! its own cache. All that any program says about it is kept.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;

use crate::server::serve;
use crate::stored::Stored;

/// The value of the secret; it must be nowhere when all is done.
pub(crate) const MARKER: &str = "marker-c0a81e6d95b7";
/// Where the example has its packages from.
const SERVED: &str = "127.0.0.1:8000";
/// What a target directory and parts bring is not copied.
const NOT_COPIED: [&str; 3] = ["target", "parts", "lapstrake.lock"];

/// The output of all programs, on both streams.
#[derive(Default)]
pub(crate) struct Log(RefCell<Vec<u8>>);

impl Log {
    /// Runs a program to its end.
    pub(crate) fn run(&self, command: &mut Command) -> Output {
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name == "LD_LIBRARY_PATH"
                || name.starts_with("CARGO_MANIFEST_")
                || name.starts_with("CARGO_PKG_")
            {
                command.env_remove(&*name);
            }
        }
        let started = Instant::now();
        let output = command.output().unwrap();
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        let program = command.get_program().to_string_lossy();
        eprintln!("{:>7.1} s  {program} {}", started.elapsed().as_secs_f64(), words.join(" "));
        let mut log = self.0.borrow_mut();
        log.extend_from_slice(&output.stdout);
        log.extend_from_slice(&output.stderr);
        output
    }

    /// Runs a program that must end well, and returns its standard output.
    pub(crate) fn read(&self, command: &mut Command) -> String {
        let output = self.run(command);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// Held by the copy that exists. All copies have one path, because cargo names what it compiles by it.
static COPY: Mutex<()> = Mutex::new(());

/// The copy.
pub(crate) struct Example {
    pub(crate) log: Log,
    pub(crate) project: PathBuf,
    /// Beside the project: contexts, and what is the user's and not the project's.
    pub(crate) beside: PathBuf,
    /// Where the packages are served.
    served: String,
    _only: MutexGuard<'static, ()>,
}

impl Drop for Example {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.beside));
    }
}

impl Example {
    /// Copies the project of this test with the parts of the fixtures.
    pub(crate) fn copied(fixtures: &Path) -> Self {
        Self::copy_of("xtask/repo/tests/real_parts/project", fixtures)
    }

    /// Copies a project with the parts of the fixtures. The copy is inside the target directory of the repository,
    /// so that cargo builds it with the crates of this repository.
    pub(crate) fn copy_of(of: &str, fixtures: &Path) -> Self {
        let only = COPY.lock().unwrap_or_else(PoisonError::into_inner);
        // Always the same: of a folder that a killed run left under another name, cargo would take what it
        // compiled there for what it is to compile here.
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real_parts");
        drop(fs::remove_dir_all(&beside));
        fs::create_dir_all(&beside).unwrap();
        let beside = fs::canonicalize(beside).unwrap();
        let project = beside.join("gateway");
        let served = format!("127.0.0.1:{}", serve(&fixtures.join("rpms")));
        copy(&root().join(of), &project, &served);
        for part in ["base", "builder", "dnf5", "rpms"] {
            link(&fixtures.join(part), &project.join("parts").join(part));
        }
        Self { log: Log::default(), project, beside, served, _only: only }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(&self.project)
            .env("GATEWAY_TOKEN", MARKER)
            .env("XDG_CACHE_HOME", self.beside.join("cache"))
            .env("CARGO_TARGET_DIR", self.project.join("target"))
            // What cargo compiles of the tool is compiled already.
            .env("CARGO_BUILD_BUILD_DIR", root().join("target"))
            .args(["xtask", "image"])
            .args(arguments);
        command
    }

    /// `cargo xtask image …`, to its end: its exit code, stdout and stderr.
    pub(crate) fn image(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.log.run(&mut self.command(arguments));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// `cargo xtask image build`: the image in its result, and its log.
    pub(crate) fn build(&self, image: &str) -> (Value, String) {
        let (code, stdout, stderr) = self.image(&["build", image, "--format", "json"]);
        assert_eq!(code, 0, "{stderr}");
        let result: Value = serde_json::from_str(&stdout).expect("stdout is the result and nothing else");
        (result["images"][0].clone(), stderr)
    }

    /// Replaces the images of the project by those of another `main.rs`.
    pub(crate) fn describe(&self, main: &str) {
        fs::write(self.project.join("xtask/src/main.rs"), main.replace(SERVED, &self.served)).unwrap();
    }

    /// Copies an image of the store to podman's storage.
    pub(crate) fn take(&self, image: &str, to: &Stored) {
        let from = format!("oci:{}:{image}", self.project.join("target/lapstrake/oci").display());
        let to = format!("containers-storage:{}", to.name());
        self.log.read(Command::new("skopeo").args(["copy", "-q", &from, &to]));
    }

    /// Changes a file of the project.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.project.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(&path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn lock(&self) -> String {
        fs::read_to_string(self.project.join("lapstrake.lock")).unwrap()
    }
}

/// Copies a project, with another address for its packages.
fn copy(from: &Path, to: &Path, served: &str) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (name, from, to) = (entry.file_name(), entry.path(), to.join(entry.file_name()));
        if NOT_COPIED.iter().any(|not| name == *not) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to, served);
        } else {
            fs::write(&to, fs::read_to_string(&from).unwrap().replace(SERVED, served)).unwrap();
        }
    }
}

/// The same files again, by hard links where the two are on one filesystem.
fn link(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            link(&from, &to);
        } else if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).unwrap();
        }
    }
}
