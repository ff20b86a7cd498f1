//! Programs that bring images from where this process does not reach: what they are asked, what they
//! write, and why they refuse. An image comes as a `dir:` (containers-transports(5)), whose documents
//! are the registry's own bytes.

use std::fmt;
use std::fs::{self, File};
use std::io;

use camino::Utf8Path;
use lapstrake::value::Architecture;
use lapstrake_oci::{Descriptor, MediaType};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::BaseError;
use crate::support::program::Program;
use lapstrake_oci::{BlobError, Blobs, Digest, Manifests};

/// The most of a program's talk that an error shows, in lines.
const LINES: usize = 3;

/// Why a program refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Unauthorized,
    Unreachable,
    Insecure,
    NotInStorage { root: bool },
    NotPermitted,
    DiskFull,
    Other,
}

impl Refusal {
    fn of(said: &str) -> Self {
        let said = said.to_lowercase();
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
        if has(&["no space left on device"]) {
            Self::DiskFull
        } else if has(&["unauthorized", "authentication required", "denied: ", "invalid username/password"]) {
            Self::Unauthorized
        } else if has(&["server gave http response to https client", "x509: ", "certificate"]) {
            Self::Insecure
        } else if has(&["manifest unknown", "name unknown", "repository name not known", "not found"]) {
            Self::Unknown
        } else if has(&[
            "no such host",
            "connection refused",
            "timeout",
            "network is unreachable",
            "dial tcp",
            "deadline exceeded",
        ]) {
            Self::Unreachable
        } else if has(&["newuidmap", "operation not permitted", "permission denied", "cannot clone"]) {
            Self::NotPermitted
        } else {
            Self::Other
        }
    }

    /// One line to paste.
    pub(super) fn help(self, reference: &str) -> Option<String> {
        let host = reference.split('/').next().unwrap_or(reference);
        Some(match self {
            Self::Unknown => {
                format!("look what there is: `skopeo list-tags docker://{}`", without_tag(reference))
            }
            Self::Unauthorized => format!("run `podman login {host}`"),
            Self::Unreachable => {
                "check the network; once an image is pinned and was read, no network is needed".to_owned()
            }
            Self::Insecure => format!(
                "for a registry without TLS, write `[[registry]]`, `location = \"{host}\"`, `insecure = true` to a file in ~/.config/containers/registries.conf.d"
            ),
            Self::NotInStorage { root: true } => format!(
                "this is root's storage; from a user's: `podman image scp USER@localhost::{reference}`"
            ),
            Self::NotInStorage { root: false } => format!(
                "this is your own storage, and `aib build` leaves its result in root's: `sudo podman image scp root@localhost::{reference} $USER@localhost::`"
            ),
            Self::NotPermitted => {
                "run as root, or set up rootless containers (podman(1), \"Rootless mode\")".to_owned()
            }
            Self::DiskFull => "free space in the cache (`LAPSTRAKE_CACHE`) and TMPDIR".to_owned(),
            Self::Other => return None,
        })
    }
}

fn without_tag(reference: &str) -> &str {
    let reference = reference.split('@').next().unwrap_or(reference);
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => reference,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "the registry has no such image",
            Self::Unauthorized => "the registry wants a login",
            Self::Unreachable => "the registry can't be reached",
            Self::Insecure => "the registry has no certificate that is trusted here",
            Self::NotInStorage { root: true } => "the storage of root has no such image",
            Self::NotInStorage { root: false } => "the storage of this user has no such image",
            Self::NotPermitted => "containers are not permitted here",
            Self::DiskFull => "the disk is full",
            Self::Other => "the program that reads it failed",
        })
    }
}

/// Fails where the program that reads a place is not installed.
pub(super) fn require(program: Program, place: &'static str) -> Result<(), BaseError> {
    program.find().map(drop).map_err(|source| BaseError::NoProgram { place, source })
}

/// Runs a program that brings `reference`, and gives its stdout.
pub(super) fn ask(program: Program, arguments: &[&str], reference: &str) -> Result<Vec<u8>, BaseError> {
    let output = program.output(arguments)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = Refusal::of(&said);
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).map(message).collect();
    let said = lines[lines.len().saturating_sub(LINES)..].join("; ").replace(char::is_control, " ");
    Err(BaseError::Transport { reference: reference.to_owned(), why, said })
}

/// What a line says, out of the form that skopeo logs in.
fn message(line: &str) -> String {
    let message = line.split_once("msg=\"").and_then(|(_, rest)| rest.trim_end().strip_suffix('"'));
    message.unwrap_or(line).replace("\\\"", "`").replace("\\\\`", "`")
}

/// A folder for what a program writes, on the disk on which it is to stay.
pub(super) fn folder(program: Program, cache: &Blobs) -> Result<TempDir, BaseError> {
    cache.folder().map_err(|source| BaseError::Transported { program, source })
}

/// Takes the blobs of a `dir:` into the cache; each is verified where it is used.
pub(super) fn take(
    program: Program,
    dir: &Utf8Path,
    digests: &[Digest],
    cache: &Blobs,
) -> Result<(), BaseError> {
    for digest in digests {
        let failed = |source| BaseError::Transported { program, source };
        let mut file = File::open(dir.join(digest.hex())).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if cache.has(digest, size) {
            continue;
        }
        let writing = |source| BlobError::Write { digest: digest.clone(), source };
        let mut blob = cache.writer().map_err(writing)?;
        io::copy(&mut file, &mut blob).map_err(writing)?;
        blob.finish_as(digest, size)?;
    }
    Ok(())
}

/// The manifest of a `dir:`, its bytes as they are.
pub(super) fn manifest(program: Program, dir: &Utf8Path) -> Result<Vec<u8>, BaseError> {
    fs::read(dir.join("manifest.json")).map_err(|source| BaseError::Transported { program, source })
}

/// A document as JSON.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, BaseError> {
    serde_json::from_slice(bytes).map_err(|source| BaseError::Document { digest: Digest::of(bytes), source })
}

/// The config and the layers that a manifest names.
pub(super) fn parts(digest: &Digest, manifest: &Value) -> Result<Vec<Digest>, BaseError> {
    let layers = manifest["layers"].as_array().cloned().unwrap_or_default();
    let parts = [manifest["config"].clone()].into_iter().chain(layers);
    let named = |part: Value| {
        let text = part["digest"].as_str().unwrap_or_default();
        Digest::parse(text).map_err(|source| BaseError::Reference { digest: digest.clone(), source })
    };
    parts.map(named).collect()
}

/// A list of one image, as a layout would have it.
pub(super) fn lone(descriptor: &Descriptor) -> Result<Manifests, BaseError> {
    let failed = |source| BaseError::Document { digest: Digest::of(&[]), source };
    let index = json!({ "schemaVersion": 2, "manifests": [descriptor] });
    let index = serde_json::to_vec(&index).map_err(failed)?;
    Manifests::parse(&index).map_err(failed)
}

/// The descriptor of a document whose bytes are at hand.
pub(super) fn describe(bytes: &[u8], document: &Value) -> Descriptor {
    let is_index = document["manifests"].is_array();
    let fallback = if is_index { MediaType::ImageIndex } else { MediaType::ImageManifest };
    let media_type = document["mediaType"].as_str().map_or(fallback, MediaType::from);
    Descriptor::new(media_type, bytes.len() as u64, &Digest::of(bytes))
}

/// The words by which skopeo takes the image of an architecture.
pub(super) fn platform(wanted: Option<Architecture>) -> Vec<String> {
    let architecture = wanted.map(|wanted| vec!["--override-arch".to_owned(), wanted.as_str().to_owned()]);
    [vec!["--override-os".to_owned(), "linux".to_owned()], architecture.unwrap_or_default()].concat()
}
