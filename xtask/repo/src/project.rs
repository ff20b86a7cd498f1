//! A generated project of a user, with its compiled `cargo xtask`. It is inside the target directory of this
//! repository, so that cargo builds it with the crates of this repository.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::{TOOL, cargo, forget};
use crate::test::Ready;

/// A project on disk.
pub(crate) struct Project<'a> {
    pub(crate) directory: Utf8PathBuf,
    tool: Utf8PathBuf,
    ready: &'a Ready,
    /// The environment of the tool, beside that of the tests.
    env: Vec<(&'static str, Utf8PathBuf)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error("can't read or write `{path}`")]
    File { path: Utf8PathBuf, source: io::Error },
    #[error("can't run `{program}`")]
    Run { program: String, source: io::Error },
    #[error("cargo built no executable of `{package}`")]
    NoTool { package: String },
    #[error("`{command}` failed:\n{output}")]
    Failed { command: String, output: String },
    #[error("example `sensord` has no section `[profile.xtask]` to copy")]
    NoProfile,
}

type Result<T> = std::result::Result<T, ProjectError>;

impl<'a> Project<'a> {
    /// Writes the project and compiles its tool. The name of its package must be unique, because cargo would take the
    /// tool of another project in the same target directory for this one.
    pub(crate) fn create(
        root: &Utf8Path,
        directory: &Utf8Path,
        tool: &str,
        ready: &'a Ready,
    ) -> Result<Self> {
        let project =
            Self { directory: directory.to_owned(), tool: Utf8PathBuf::new(), ready, env: Vec::new() };
        let profile = profile(root)?;
        let manifest = format!("[workspace]\nmembers = [\"app\", \"xtask\"]\nresolver = \"3\"\n\n{profile}");
        project.write("Cargo.toml", manifest.as_bytes())?;
        project.write("app/Cargo.toml", package("app", "").as_bytes())?;
        let dependency = "\n[dependencies]\nlapstrake-xtask = \"0.1\"\n";
        project.write("xtask/Cargo.toml", package(tool, dependency).as_bytes())?;
        Ok(project)
    }

    /// Compiles the tool.
    pub(crate) fn compile(&mut self, tool: &str) -> Result<()> {
        let mut command = cargo(&self.directory, ["build", "-q", "-p", tool, "--message-format=json"]);
        command.args(TOOL).stderr(Stdio::inherit());
        let built = run(&mut command)?;
        let messages = String::from_utf8_lossy(&built.stdout);
        let messages =
            messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut executables =
            messages.filter_map(|message| message["executable"].as_str().map(Utf8PathBuf::from));
        let executable = executables.next_back();
        self.tool = executable.ok_or_else(|| ProjectError::NoTool { package: tool.to_owned() })?;
        Ok(())
    }

    /// Sets a variable of the tool's environment.
    pub(crate) fn set(&mut self, name: &'static str, value: Utf8PathBuf) {
        self.env.retain(|(other, _)| *other != name);
        self.env.push((name, value));
    }

    /// Writes a file of the project. An equal file keeps its time, so that a second run compiles nothing.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.directory.join(name);
        if fs::read(&path).ok().as_deref() == Some(content) {
            return Ok(());
        }
        let parent = path.parent().unwrap_or(&self.directory);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, content));
        written.map_err(|source| ProjectError::File { path, source })
    }

    /// Returns the command `cargo xtask image …`, without cargo.
    pub(crate) fn image(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        forget(&mut command);
        self.with_env(&mut command);
        command.arg("image").args(arguments).current_dir(&self.directory);
        command
    }

    /// Adds the environment in which engines work on this machine.
    pub(crate) fn in_environment<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(self.ready.env.iter().map(|(name, value)| (name, value)))
    }

    /// Adds the environment of the tool.
    pub(crate) fn with_env<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        self.in_environment(command).envs(self.env.iter().map(|(name, value)| (name, value)))
    }

    /// Runs `cargo xtask image …`, which must succeed.
    pub(crate) fn run_image(&self, arguments: &[&str]) -> Result<Output> {
        run(&mut self.image(arguments))
    }
}

/// Runs a program that must succeed.
pub(crate) fn run(command: &mut Command) -> Result<Output> {
    let output = run_to_end(command)?;
    if output.status.success() {
        return Ok(output);
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ProjectError::Failed { command: format!("{command:?}"), output: text })
}

/// Runs a program, and returns its output also when it fails.
pub(crate) fn run_to_end(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).output().map_err(|source| ProjectError::Run { program, source })
}

fn package(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
}

/// Returns the profile that users copy from an example.
fn profile(root: &Utf8Path) -> Result<String> {
    let path = root.join("examples/sensord/Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|source| ProjectError::File { path, source })?;
    let at = text.find("[profile.xtask]").ok_or(ProjectError::NoProfile)?;
    Ok(text[at..].to_owned())
}

/// Finds a program in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
