//! Runs the cargo invocations of a plan and finds the binaries that they make. Cargo's own diagnostics and progress go to
//! the terminal as cargo writes them, or are JSON lines if the user wants these. Paths come from cargo's messages, never from
//! composing `target/…`.

mod environment;
mod outside;
mod reproducible;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufReader, Read};
use std::process::Stdio;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Message, TargetKind};
use lapstrake::value::Architecture;

use crate::inputs::Artefacts;
use crate::plan::{Invocation, Plan};
use crate::project::workspace::Workspace;
use crate::store::{Paths, Scratch};
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;

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
            Self::Messages(_) | Self::Keep { .. } => None,
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
    built: BTreeMap<Vec<String>, Executables>,
    /// The invocation that wrote a file last: cargo gives one name one file, with any features.
    writers: BTreeMap<Utf8PathBuf, Vec<String>>,
    runs: usize,
}

/// The executables of an invocation, by package id and name.
type Executables = BTreeMap<(String, String), Utf8PathBuf>;

impl Binaries {
    /// Returns how often cargo has run.
    pub(crate) fn runs(&self) -> usize {
        self.runs
    }

    /// Returns the executables of an invocation, unless another one has overwritten a file since.
    fn get(&self, arguments: &[String]) -> Option<Executables> {
        let built = self.built.get(arguments)?;
        let is_current = |path| self.writers.get(path).is_some_and(|writer| writer == arguments);
        built.values().all(is_current).then(|| built.clone())
    }

    fn add(&mut self, arguments: Vec<String>, built: &Executables) {
        self.runs += 1;
        self.writers.extend(built.values().map(|path| (path.clone(), arguments.clone())));
        self.built.insert(arguments, built.clone());
    }
}

/// Builds every artefact of the plan that `binaries` does not have.
pub(crate) fn compile(
    plan: &Plan,
    environment: &CargoEnv<'_>,
    binaries: &mut Binaries,
) -> Result<Artefacts, CompileError> {
    let CargoEnv { workspace, paths, .. } = *environment;
    let mut artefacts = Artefacts::default();
    for (index, invocation) in plan.compile.iter().enumerate() {
        let arguments = invocation.arguments();
        let built = if let Some(built) = binaries.get(&arguments) {
            built
        } else {
            let built = of_architecture(run(invocation, environment)?, plan.base.architecture)?;
            binaries.add(arguments, &built);
            built
        };
        for artefact in plan
            .layers
            .iter()
            .flat_map(|layer| layer.artefacts())
            .filter(|artefact| artefact.invocation == index)
        {
            let package = &workspace.packages[&artefact.package];
            if let Some(path) = built.get(&(package.id.repr.clone(), artefact.bin.clone())) {
                let later = plan.compile[index + 1..].iter().any(|later| later.bins.contains(&artefact.bin));
                let path = if later { keep(path, index, &mut artefacts, paths)? } else { path.clone() };
                artefacts.paths.insert(artefact.clone(), path);
            }
        }
    }
    Ok(artefacts)
}

/// Copies a binary away: cargo gives one name one file, of any package and features, and the next
/// invocation writes over it.
fn keep(
    path: &Utf8Path,
    index: usize,
    artefacts: &mut Artefacts,
    paths: &Paths,
) -> Result<Utf8PathBuf, CompileError> {
    let failed = |source| CompileError::Keep { path: path.to_owned(), source };
    let folder = match &mut artefacts.kept {
        Some(folder) => folder,
        none => none.insert(paths.scratch(Scratch::Binaries).map_err(failed)?),
    };
    let name = path.file_name().expect("cargo names an executable by its file");
    let to = folder.path().join(format!("{index}-{name}"));
    fs::copy(path, &to).map_err(failed)?;
    Ok(to)
}

/// Chooses of the executables that cargo built for several targets those for the architecture of the base. Cargo builds
/// for several where its configuration has a list in `build.target`.
fn of_architecture(
    built: BTreeMap<(String, String), BTreeSet<Utf8PathBuf>>,
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
) -> Result<BTreeMap<(String, String), BTreeSet<Utf8PathBuf>>, CompileError> {
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
        stdout.map_or_else(|| Ok(BTreeMap::new()), executables)
    })?;
    let status = child.wait().map_err(CompileError::Messages)?;
    if !status.success() {
        let command = shell_line(&[], &arguments);
        return Err(CompileError::Failed { command, help: missing_target(invocation) });
    }
    Ok(built)
}

/// Reads which executables cargo has built.
fn executables(stdout: impl Read) -> Result<BTreeMap<(String, String), BTreeSet<Utf8PathBuf>>, CompileError> {
    let mut built: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for message in Message::parse_stream(BufReader::new(stdout)) {
        let Message::CompilerArtifact(artifact) = message.map_err(CompileError::Messages)? else { continue };
        if let (true, Some(executable)) =
            (artifact.target.kind.contains(&TargetKind::Bin), artifact.executable)
        {
            let key = (artifact.package_id.repr, artifact.target.name);
            built.entry(key).or_default().insert(executable);
        }
    }
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
