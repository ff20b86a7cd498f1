//! `cargo xtask image …` at the root: the same command in the examples, each as it would run for a user
//! who copied it out. What a command means is theirs; here is only who gets it, and one answer from all.

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
    #[error("there is no example in `{0}`")]
    NoExample(Utf8PathBuf),
    #[error("the example `{example}` needs `{folder}`, which is not there")]
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

    /// 2 for wrong usage, 1 for a failure, as the commands themselves do.
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
    // Where we are is where the examples are run: a relative path of the user's means what they see.
    match forward(checkout, Utf8Path::new("."), args, &mut io::stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => report(&error, error.help().as_deref(), error.code()),
    }
}

/// Runs the command, from the directory `here`, for the examples it is for; what is merged goes to `out`. The exit
/// code is the worst one.
fn forward(
    checkout: &Checkout,
    here: &Utf8Path,
    args: &[String],
    out: &mut impl Write,
) -> Result<u8, ImageError> {
    let request = Request::parse(args);
    // All that is asked of no image in particular is asked of those that can do it.
    let examples: Vec<_> =
        checkout.examples.iter().filter(|example| request.names_any() || is_whole(example)).collect();
    let first = match &examples[..] {
        [] => return Err(ImageError::NoExample(checkout.root.join("examples"))),
        // Its own command line says all there is to say, of a wrong name too.
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

/// Whether an example has all that it needs; if not, it is said that it is left out.
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

/// Runs the command in an example with our own terminal, so that progress and colours live.
fn through(example: &Example, here: &Utf8Path, args: &[String]) -> Result<u8, ImageError> {
    let status = command(example, here, args).status().map_err(|source| start(example, source))?;
    Ok(code(status))
}

/// Runs the command in an example, and keeps what it prints on stdout.
fn captured(example: &Example, here: &Utf8Path, args: &[String]) -> Result<(u8, Vec<u8>), ImageError> {
    let mut command = command(example, here, args);
    let output = command.stderr(Stdio::inherit()).output().map_err(|source| start(example, source))?;
    Ok((code(output.status), output.stdout))
}

/// The names of the images that an example describes.
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
