//! Engines with a storage of a test's own, so that what they leave in it can be told; and the image with
//! one step that they build there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{Run, Workspace};

pub(crate) const BUSYBOX: &str = "/usr/bin/busybox";
pub(crate) const ENGINES: [&str; 2] = ["podman", "buildah"];

/// Lists the images and containers of a storage, buildah's own too.
const LIST: &str = "podman images --all --format 'image {{.ID}} {{.Repository}}'
podman ps --all --external --format 'container {{.ID}} {{.Names}}'
buildah containers --all --format 'working container {{.ContainerID}} {{.ContainerName}}'";

/// A workspace whose engines have a storage of their own.
pub(crate) struct Storage {
    pub(crate) workspace: Workspace,
}

impl Storage {
    pub(crate) fn new() -> Self {
        let storage = Self { workspace: Workspace::new() };
        let place = storage.place();
        fs::create_dir(&place).unwrap();
        let place = place.display();
        // containers-storage.conf(5)
        let text = format!(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"{place}/graph\"\nrunroot = \"{place}/run\"\n"
        );
        storage.workspace.write("storage.conf", &text);
        fs::copy(program("busybox"), storage.workspace.path("deploy/busybox")).unwrap();
        storage
    }

    /// The folder of the storage.
    pub(crate) fn place(&self) -> PathBuf {
        self.workspace.path("engine")
    }

    /// A command on this storage.
    pub(crate) fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("CONTAINERS_STORAGE_CONF", self.workspace.path("storage.conf"))
    }

    /// `cargo xtask image build running`, with that step.
    pub(crate) fn command(&self, step: &[&str], arguments: &[&str]) -> Command {
        let mut command = self.workspace.command(&[&["build", "running"], arguments].concat());
        self.with(&mut command).env("DESCRIBE", "running").env("STEP", step.join("\n"));
        command
    }

    pub(crate) fn build(&self, step: &[&str], engine: &str) -> Run {
        Run::of(&mut self.command(step, &["--engine", engine]))
    }

    /// Imports an image with busybox, and returns its name.
    pub(crate) fn import_builder(&self) -> String {
        let (name, folder) = ("localhost/builder:1", self.workspace.path("builder"));
        fs::create_dir_all(folder.join("usr/bin")).unwrap();
        fs::copy(program("busybox"), folder.join("usr/bin/busybox")).unwrap();
        let (tar, folder) = (self.workspace.path("builder.tar"), folder.display().to_string());
        let tar = tar.display().to_string();
        Run::of(Command::new("tar").args(["-C", &folder, "-cf", &tar, "."])).done();
        Run::of(self.with(Command::new("podman").args(["import", "--quiet", &tar, name]))).done();
        name.to_owned()
    }

    /// All images and containers in it.
    pub(crate) fn content(&self) -> String {
        let mut list = Command::new("sh");
        Run::of(self.with(list.args(["-ec", LIST]))).done().stdout
    }

    /// That neither images nor containers stay, nor the context of a build.
    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.content(), "");
        assert_no_context(&self.workspace.path("target"));
    }
}

impl Drop for Storage {
    /// Engines mount this folder over itself, and not all take the mount away.
    fn drop(&mut self) {
        let overlay = self.place().join("graph/overlay");
        drop(Command::new("umount").args(["--quiet", "--lazy"]).arg(overlay).output());
    }
}

/// That no build has left its context in a target directory.
#[track_caller]
pub(crate) fn assert_no_context(target: &Path) {
    let store = fs::read_dir(target.join("lapstrake")).into_iter().flatten();
    let names = store.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let contexts: Vec<_> = names.filter(|name| name.starts_with(".engine")).collect();
    assert!(contexts.is_empty(), "{contexts:?}");
}

/// A machine that is another for one command: `setup` mounts over it what nobody else sees, and `user`
/// starts each program as somebody else. What the storage then holds is written to the file `left`.
pub(crate) fn on_another_machine(command: &Command, setup: &str, user: &str, left: &Path) -> Command {
    let left = left.display();
    let list =
        LIST.replace("podman ", &format!("{user} podman ")).replace("buildah ", &format!("{user} buildah "));
    let script = format!(
        "set -e\n{setup}\nset +e\n{user} \"$@\"\ncode=$?\nunset TMPDIR\n( {list}\n) >'{left}' 2>/dev/null\n\
         {user} podman system migrate 2>/dev/null\nexit $code\n"
    );
    by(&["unshare", "--mount", "--propagation", "private", "sh", "-c", &script, "sh"], command)
}

/// A command that another starts.
pub(crate) fn by(starter: &[&str], command: &Command) -> Command {
    let mut other = Command::new(starter[0]);
    other.args(&starter[1..]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.current_dir(command.get_current_dir().unwrap());
    other
}

/// Where a program is.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.exists()).unwrap()
}

/// A build that failed, told once with its cause, the last of what the engine said and what to do.
#[track_caller]
pub(crate) fn assert_told(run: &Run, cause: &str, log: &str, help: &str) {
    let talk = &run.stderr;
    let errors: Vec<_> = talk.match_indices("error: image `running` can't be built\n").collect();
    assert_eq!(errors.len(), 1, "{talk}");
    // What the engine said as it went is above.
    let error = &talk[errors[0].0..];
    assert!(error.contains(&format!("\n  caused by: {cause}\n")), "no `{cause}` in {error}");
    let (_, said) = error.split_once("\n  caused by: last output:\n").unwrap_or_default();
    assert!(said.contains(log), "no `{log}` in {error}");
    assert!(error.contains(&format!("\n  help: {help}")), "no `{help}` in {error}");
}
