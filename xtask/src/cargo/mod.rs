//! Runs the cargo invocations of a plan and finds the binaries that they make. Cargo's own diagnostics and progress go to
//! the terminal as cargo writes them, or are JSON lines if the user wants these. Paths come from cargo's messages, never from
//! composing `target/…`.

mod environment;
mod messages;
mod outside;
mod own_path;
mod reproducible;

use std::ffi::OsString;
use std::io::{self, Read};
use std::process::Stdio;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::Architecture;
use serde_json::Value;

use crate::inputs::Artefacts;
use crate::plan::{Invocation, Plan};
use crate::project::workspace::Workspace;
use crate::store::Paths;
use crate::support::explain::Explain;
use crate::support::folder::TempFolder;
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;
use crate::support::small_map::{SmallMap, SmallSet};

use outside::OutsidePackage;
pub(crate) use reproducible::ProbeError;

/// What of the command line goes through to cargo as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct CargoPassthrough {
    /// `--locked`, `--offline`, `--frozen`, `--color WHEN`, `--jobs N`, `-q`, as they were given.
    pub(crate) arguments: Vec<String>,
    /// `--target-dir`, as it was given. [`Workspace::target`] is absolute.
    pub(crate) target_dir: Option<Utf8PathBuf>,
    /// How often `-v` was given: once prints the inner command, twice makes cargo verbose too.
    pub(crate) verbose: u8,
    pub(crate) reproducible: bool,
}

/// Cargo did not build what the plan needs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    #[error(transparent)]
    Cargo(#[from] ProgramError),
    #[error("cargo's messages can't be read")]
    Messages(#[source] io::Error),
    #[error("`{command}` failed")]
    Failed { command: String, help: Option<String> },
    #[error("cargo built `{bin}` for several targets: `{}`", targets.join("`, `"))]
    SeveralTargets { bin: String, targets: Vec<String> },
    #[error("binary `{path}` can't be kept while cargo builds another of its name")]
    Keep { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` can't be locked while cargo runs")]
    Lock { path: Utf8PathBuf, source: io::Error },
    #[error("flags for a reproducible build can't be found out")]
    Probe(#[from] ProbeError),
}

impl Explain for CompileError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Cargo(source) => source.help(),
            Self::Probe(source) => source.help(),
            Self::Failed { help, .. } => help.clone(),
            Self::SeveralTargets { bin, targets } => Some(match targets.first() {
                Some(target) => format!(
                    "write `Bin::new({bin:?}).target({target:?})`, or run it with `--target {target}`"
                ),
                None => "run it with `--target TRIPLE`".to_owned(),
            }),
            Self::Messages(_) | Self::Keep { .. } | Self::Lock { .. } => None,
        }
    }
}

/// What cargo runs in.
#[derive(Clone, Copy)]
pub(crate) struct CargoEnv<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) paths: &'a Paths,
    pub(crate) passed: &'a CargoPassthrough,
    pub(crate) progress: &'a Progress,
}

/// The executables that cargo has built in this process, so that images with equal invocations run it once.
#[derive(Debug, Default)]
pub(crate) struct Binaries {
    built: SmallMap<Vec<String>, Executables>,
    /// The copies of executables that cargo has nowhere else. They have to exist until the layers are written.
    kept: Option<TempFolder>,
    runs: usize,
}

/// The executables of an invocation, by package id and name.
type Executables = SmallMap<(String, String), Utf8PathBuf>;

impl Binaries {
    /// Returns how often cargo has run.
    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// Runs cargo, and returns the executables at paths that no invocation with other features writes.
    fn build(
        &mut self,
        invocation: &Invocation,
        architecture: Architecture,
        environment: &CargoEnv<'_>,
    ) -> Result<Executables, CompileError> {
        let arguments = invocation.arguments();
        if let Some(built) = self.built.get(&arguments) {
            return Ok(built.clone());
        }
        let paths = environment.paths;
        // Otherwise cargo of another build could write over what is not found yet.
        let _lock = own_path::lock(paths, environment.progress)?;
        let mut built = of_architecture(run(invocation, environment)?, architecture)?;
        for path in built.values_mut() {
            *path = match own_path::of(path) {
                Some(own) => own,
                None => own_path::keep(path, self.runs, &mut self.kept, paths)?,
            };
        }
        self.runs += 1;
        self.built.insert(arguments, built.clone());
        Ok(built)
    }
}

/// Builds every artefact of the plan that `binaries` does not have.
pub(crate) fn compile(
    plan: &Plan,
    environment: &CargoEnv<'_>,
    binaries: &mut Binaries,
) -> Result<Artefacts, CompileError> {
    let mut artefacts = Artefacts::default();
    for (index, invocation) in plan.compile.iter().enumerate() {
        let built = binaries.build(invocation, plan.base.architecture, environment)?;
        let of_plan = plan.layers.iter().flat_map(|layer| layer.artefacts());
        for artefact in of_plan.filter(|artefact| artefact.invocation == index) {
            let package = &environment.workspace.packages[&artefact.package];
            if let Some(path) = built.get(&(package.id.repr.clone(), artefact.bin.clone())) {
                artefacts.paths.insert(artefact.clone(), path.clone());
            }
        }
    }
    Ok(artefacts)
}

/// Chooses of the executables that cargo built for several targets those for the architecture of the base. Cargo builds
/// for several where its configuration has a list in `build.target`.
fn of_architecture(
    built: SmallMap<(String, String), SmallSet<Utf8PathBuf>>,
    architecture: Architecture,
) -> Result<Executables, CompileError> {
    let fits = |path: &&Utf8PathBuf| target_of(path).is_some_and(|target| is_for(target, architecture));
    let mut chosen = Executables::new();
    for (key, paths) in built {
        let fitting: Vec<_> = paths.iter().filter(fits).collect();
        let path = match (paths.iter().collect::<Vec<_>>().as_slice(), fitting.as_slice()) {
            ([one], _) | (_, [one]) => (*one).clone(),
            (several, _) => {
                let targets = several.iter().filter_map(|path| target_of(path)).map(str::to_owned).collect();
                return Err(CompileError::SeveralTargets { bin: key.1, targets });
            }
        };
        chosen.insert(key, path);
    }
    Ok(chosen)
}

/// Returns the target in a path of `target/TARGET/PROFILE/BIN`.
fn target_of(path: &Utf8Path) -> Option<&str> {
    path.parent()?.parent()?.file_name()
}

fn is_for(target: &str, architecture: Architecture) -> bool {
    let first = target.split('-').next().and_then(|first| Architecture::parse(first).ok());
    first == Some(architecture)
}

fn run(
    invocation: &Invocation,
    environment: &CargoEnv<'_>,
) -> Result<SmallMap<(String, String), SmallSet<Utf8PathBuf>>, CompileError> {
    let CargoEnv { workspace, paths, passed, progress } = *environment;
    let mut arguments = invocation.arguments();
    arguments.extend(passed.arguments.iter().cloned());
    let mut variables: Vec<(&str, OsString)> = Vec::new();
    let mut target_dir = paths.compiled();
    if passed.reproducible {
        target_dir = paths.reproducible();
        let outside = outside::packages(invocation, workspace, &passed.arguments)?;
        let folders: Vec<_> = outside.iter().map(|package| (&*package.folder, &*package.name)).collect();
        let flags = reproducible::flags(invocation, workspace, &target_dir, &folders)?;
        report_outside(&outside, progress);
        variables.push(("CARGO_ENCODED_RUSTFLAGS", flags.into()));
    }
    // The variables and configuration that cargo finds depend on the user's current directory, and it runs in the root.
    if target_dir != workspace.root.join("target") {
        let shown = target_dir.strip_prefix(&workspace.root).unwrap_or(&target_dir);
        arguments.extend(["--target-dir".to_owned(), shown.to_string()]);
    }
    if passed.verbose > 1 {
        arguments.push("-v".to_owned());
    }
    if passed.verbose > 0 {
        progress.status("Running", shell_line(&variables, &arguments));
    }
    let mut command = Program::CARGO.command()?;
    environment::inherit(&mut command, &workspace.target);
    command
        .args(&arguments)
        .arg("--message-format=json-render-diagnostics")
        .current_dir(&workspace.root)
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if progress.is_json() {
        command.env("CARGO_TERM_COLOR", "never").stderr(Stdio::piped());
    }
    let mut child = command.spawn().map_err(Program::CARGO.not_started())?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let built = thread::scope(|scope| {
        if let Some(stderr) = stderr {
            scope.spawn(|| progress.lines(stderr));
        }
        stdout.map_or_else(|| Ok(SmallMap::new()), executables)
    })?;
    let status = child.wait().map_err(CompileError::Messages)?;
    if !status.success() {
        let command = shell_line(&[], &arguments);
        return Err(CompileError::Failed { command, help: missing_target(invocation) });
    }
    Ok(built)
}

/// Reads which executables cargo has built.
fn executables(
    mut stdout: impl Read,
) -> Result<SmallMap<(String, String), SmallSet<Utf8PathBuf>>, CompileError> {
    let mut built: SmallMap<_, SmallSet<_>> = SmallMap::new();
    let mut take = |artifact: &Value| {
        let target = &artifact["target"];
        let is_bin = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"));
        let fields = [&artifact["package_id"], &target["name"], &artifact["executable"]].map(Value::as_str);
        if let (true, [Some(package), Some(name), Some(executable)]) = (is_bin, fields) {
            let paths = built.or_default((package.to_owned(), name.to_owned()));
            paths.insert(Utf8PathBuf::from(executable));
        }
    };
    messages::each(&mut stdout, "compiler-artifact", &mut take).map_err(CompileError::Messages)?;
    Ok(built)
}

/// Warns about packages whose folder decides the digest: their paths are remapped, but cargo hashes them, too.
fn report_outside(outside: &[OutsidePackage], progress: &Progress) {
    for OutsidePackage { folder, name } in outside {
        progress.warning(format_args!(
            "`{name}` is compiled from `{folder}`, outside of the workspace: cargo hashes that path into the names of symbols, so \
             that a build with it elsewhere has another digest; make it a member, or depend on it by git"
        ));
    }
}

/// rustc says that `core` is missing, which is true, and not that a target is.
fn missing_target(invocation: &Invocation) -> Option<String> {
    let target = invocation.target.as_ref()?;
    let libraries = Program::RUSTC.output(["--print", "target-libdir", "--target", target]).ok()?;
    let directory = Utf8PathBuf::from(String::from_utf8(libraries.stdout).ok()?.trim());
    (!directory.as_str().is_empty() && !directory.is_dir())
        .then(|| format!("run `rustup target add {target}`"))
}

/// A command as it can be pasted into a shell.
fn shell_line(variables: &[(&str, OsString)], arguments: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=/.,:@+%".contains(c);
    let quote = |word: &str| {
        if !word.is_empty() && word.chars().all(plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let variables =
        variables.iter().map(|(name, value)| format!("{name}={} ", quote(&value.to_string_lossy())));
    let arguments: Vec<_> = arguments.iter().map(|argument| quote(argument)).collect();
    format!("{}cargo {}", variables.collect::<String>(), arguments.join(" "))
}

#[cfg(test)]
mod tests;
