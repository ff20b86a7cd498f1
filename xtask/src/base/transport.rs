//! Programs that copy images from where this process does not reach. An image comes as a `dir:` (containers-transports(5)), whose documents
//! are the registry's own bytes.

use std::fs::{self, File};
use std::io;

use camino::Utf8Path;
use lapstrake::value::Architecture;
use lapstrake_oci::{ClaimedFolder, Descriptor, MediaType};
use serde_json::{Value, json};

use super::BaseError;
use crate::support::diagnosis::Diagnosis;
use crate::support::program::Program;
use lapstrake_oci::{BlobError, Blobs, Digest, Manifests};

/// The lines of a program's output that an error shows.
const LINES: usize = 3;

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
    let why = Diagnosis::of_copy(&said);
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
pub(super) fn folder(program: Program, cache: &Blobs) -> Result<ClaimedFolder, BaseError> {
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
