//! `cargo xtask image …` at the root runs the same command in the examples, as a user runs it who copied one out. It
//! only selects the examples and merges their results; it must not know what a command does.

mod merge;
mod request;
mod route;

use std::io::{self, Write};
use std::process::{Command, ExitCode, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::{TOOL, cargo};
use crate::checkout::{Checkout, Example};
use crate::report::report;
use merge::{MergeError, merge};
use request::Request;
use route::{RouteError, route};

#[derive(Debug, thiserror::Error)]
enum ImageError {
    #[error("no example in `{0}`")]
    NoExample(Utf8PathBuf),
    #[error("the example `{example}` needs `{folder}`, which does not exist")]
    Lacks { example: String, folder: Utf8PathBuf },
    #[error("can't run cargo for `{directory}`")]
    Start { directory: Utf8PathBuf, source: io::Error },
    #[error("the example `{example}` can't list its images")]
    List { example: String, code: u8 },
    #[error("`image list --format json` of the example `{example}` printed something else")]
    Listed { example: String, source: serde_json::Error },
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("can't write the result")]
    Print(#[source] io::Error),
}

impl ImageError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Route(error) => Some(error.help()),
            Self::Lacks { example, .. } => Some(read_how(example)),
            _ => None,
        }
    }

    /// Returns the exit code: 2 for wrong usage, 1 for a failure.
    fn code(&self) -> u8 {
        match self {
            Self::Route(_) => 2,
            Self::List { code, .. } => *code,
            _ => 1,
        }
    }
}

/// Runs the task.
pub(crate) fn run(checkout: &Checkout, args: &[String]) -> ExitCode {
    // The examples run in the present directory, so that a relative path of the user keeps its meaning.
    match forward(checkout, Utf8Path::new("."), args, &mut io::stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => report(&error, error.help().as_deref(), error.code()),
    }
}

/// Runs the command in the directory `here` for the examples that it concerns, and writes the merged result to `out`.
/// Returns the highest exit code.
fn forward(
    checkout: &Checkout,
    here: &Utf8Path,
    args: &[String],
    out: &mut impl Write,
) -> Result<u8, ImageError> {
    let request = Request::parse(args);
    // A command that names no image runs in every example that has its parts.
    let examples: Vec<_> =
        checkout.examples.iter().filter(|example| request.names_any() || is_whole(example)).collect();
    let first = match &examples[..] {
        [] => return Err(ImageError::NoExample(checkout.root.join("examples"))),
        // Its own command line reports a wrong name as well.
        [only] => return through(only, here, args),
        [first, ..] => *first,
    };
    if request.is_about_none() {
        return through(first, here, args);
    }
    let images = examples.iter().map(|example| images(example, here)).collect::<Result<Vec<_>, _>>()?;
    let routes = route(&request, &images)?;
    if let Some(lacks) = routes.iter().find_map(|route| lacks(examples[route.example])) {
        return Err(lacks);
    }
    if let [one] = &routes[..] {
        return through(examples[one.example], here, &one.args);
    }
    let mut worst = 0;
    let mut documents = Vec::new();
    for route in &routes {
        let example = examples[route.example];
        if request.is_one_document() {
            let (code, document) = captured(example, here, &route.args)?;
            worst = worst.max(code);
            documents.push((example.name(), document));
        } else {
            worst = worst.max(through(example, here, &route.args)?);
        }
    }
    if let Some(merged) = merge(&documents)? {
        writeln!(out, "{merged:#}").map_err(ImageError::Print)?;
    }
    Ok(worst)
}

/// Whether an example has all that it needs. Prints a note when it is left out.
fn is_whole(example: &Example) -> bool {
    let Some(folder) = example.lacks() else { return true };
    let name = example.name();
    eprintln!("the example `{name}` is left out: it needs `{folder}`; {}", read_how(name));
    false
}

fn lacks(example: &Example) -> Option<ImageError> {
    example.lacks().map(|folder| ImageError::Lacks { example: example.name().to_owned(), folder })
}

fn read_how(example: &str) -> String {
    format!("`examples/{example}/README.md` says how to have it")
}

/// Runs the command in an example on the present terminal, so that progress and colours work.
fn through(example: &Example, here: &Utf8Path, args: &[String]) -> Result<u8, ImageError> {
    let status = command(example, here, args).status().map_err(|source| start(example, source))?;
    Ok(code(status))
}

/// Runs the command in an example, and returns its exit code and standard output.
fn captured(example: &Example, here: &Utf8Path, args: &[String]) -> Result<(u8, Vec<u8>), ImageError> {
    let mut command = command(example, here, args);
    let output = command.stderr(Stdio::inherit()).output().map_err(|source| start(example, source))?;
    Ok((code(output.status), output.stdout))
}

/// Returns the names of the images that an example describes.
fn images(example: &Example, here: &Utf8Path) -> Result<Vec<String>, ImageError> {
    let (code, stdout) = captured(example, here, &["list", "--format", "json"].map(str::to_owned))?;
    if code != 0 {
        return Err(ImageError::List { example: example.name().to_owned(), code });
    }
    let listed: serde_json::Value = serde_json::from_slice(&stdout)
        .map_err(|source| ImageError::Listed { example: example.name().to_owned(), source })?;
    let images = listed["images"].as_array().into_iter().flatten();
    Ok(images.filter_map(|image| image["name"].as_str()).map(str::to_owned).collect())
}

fn command(example: &Example, here: &Utf8Path, args: &[String]) -> Command {
    let mut command = cargo(here, ["run", "-q", "--manifest-path"]);
    command
        .arg(example.directory.join("Cargo.toml"))
        .args(TOOL)
        .args(["-p", "xtask", "--", "image"])
        .args(args);
    command
}

fn start(example: &Example, source: io::Error) -> ImageError {
    ImageError::Start { directory: example.directory.clone(), source }
}

fn code(status: std::process::ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests;
