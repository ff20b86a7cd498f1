//! The exact bytes behind a plan: the size and the digest of every file that it needs. A file whose bytes are
//! not those is an error when it is written, never a part of a layer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::thread;

use camino::Utf8PathBuf;

use crate::plan::{Artefact, Compiled, ContextFile, Origin, PlannedLayer};
use crate::support::explain::Explain;
use crate::support::folder::TempFolder;
use crate::support::parallel;
use lapstrake_oci::tree::Kind;
use lapstrake_oci::{Digest, FileDigest, FileDigests, HashingReader, Stamp, regular};

/// Where each binary is.
#[derive(Debug, Default)]
pub(crate) struct Artefacts {
    pub(crate) paths: BTreeMap<Artefact, Utf8PathBuf>,
    /// Where the results of build stages are.
    pub(crate) compiled: BTreeMap<Compiled, Utf8PathBuf>,
    /// The copies of binaries that a later invocation of cargo overwrites.
    pub(crate) kept: Option<TempFolder>,
}

/// All files of a plan.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Hashed, because paths are slow to compare.
    files: HashMap<Origin, InputFile>,
    /// The copies have to exist until the layers are written.
    _kept: Option<TempFolder>,
}

/// A file as it was when its digest was taken.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    bytes: Bytes,
}

#[derive(Debug, Clone)]
enum Bytes {
    Text(String),
    Host { path: Utf8PathBuf, stamp: Stamp, files: Arc<FileDigests> },
}

/// A file can't be read, or is not the one whose digest was taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` changed while the image was built")]
    Changed { path: Utf8PathBuf },
    #[error("cargo built no binary `{bin}` of package `{package}`")]
    NoArtefact { package: String, bin: String },
    #[error("stage {stage} made no `{product}`")]
    NotBuilt { stage: usize, product: String },
}

impl Explain for InputError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Changed { .. } => Some("build again, once nothing writes the file".to_owned()),
            Self::Read { .. } | Self::NoArtefact { .. } | Self::NotBuilt { .. } => None,
        }
    }
}

const UNPOISONED: &str = "no thread panics while it holds the files";

impl Inputs {
    /// Returns the files of `layers`, whose artefacts must have been built. Reads those that `files` does not
    /// know.
    pub(crate) fn of(
        layers: &[PlannedLayer],
        artefacts: Artefacts,
        files: &Arc<FileDigests>,
    ) -> Result<Self, InputError> {
        let files = Self::files(layers.iter().flat_map(origins), &artefacts, files)?;
        Ok(Self { files, _kept: artefacts.kept })
    }

    /// Returns the files of the workspace that the steps of a build stage read.
    pub(crate) fn of_context(
        context: &BTreeMap<String, Kind<ContextFile>>,
        files: &Arc<FileDigests>,
    ) -> Result<Self, InputError> {
        let files = Self::files(context.values().filter_map(read), &Artefacts::default(), files)?;
        Ok(Self { files, _kept: None })
    }

    fn files<'a>(
        origins: impl Iterator<Item = &'a Origin>,
        artefacts: &Artefacts,
        files: &Arc<FileDigests>,
    ) -> Result<HashMap<Origin, InputFile>, InputError> {
        let origins: HashSet<&Origin> = origins.collect();
        let staged = Mutex::new(HashMap::with_capacity(origins.len()));
        parallel::each(origins, thread::available_parallelism(), |origin| {
            let file = stage(origin, artefacts, files)?;
            staged.lock().expect(UNPOISONED).insert(origin.clone(), file);
            Ok(())
        })?;
        Ok(staged.into_inner().expect(UNPOISONED))
    }

    /// Returns the file behind an origin of the plan.
    pub(crate) fn get(&self, origin: &Origin) -> Option<&InputFile> {
        self.files.get(origin)
    }
}

/// Returns the files in a layer, and those that its steps read.
fn origins(layer: &PlannedLayer) -> impl Iterator<Item = &Origin> {
    let held = layer.members.values().filter_map(|member| member.kind.file());
    held.chain(layer.context.values().filter_map(read))
}

fn read(file: &Kind<ContextFile>) -> Option<&Origin> {
    file.file().map(|file| &file.from)
}

fn stage(origin: &Origin, artefacts: &Artefacts, files: &Arc<FileDigests>) -> Result<InputFile, InputError> {
    let path = match origin {
        Origin::Text(text) => {
            let digest = Digest::of(text.as_bytes());
            return Ok(InputFile { size: text.len() as u64, digest, bytes: Bytes::Text(text.clone()) });
        }
        Origin::Asset { host, .. } => host,
        Origin::Compiled(built) => artefacts.compiled.get(built).ok_or_else(|| {
            let (stage, product) = (built.stage + 1, built.product.to_string());
            InputError::NotBuilt { stage, product }
        })?,
        Origin::Artefact(artefact) => artefacts.paths.get(artefact).ok_or_else(|| {
            let Artefact { package, bin, .. } = artefact.clone();
            InputError::NoArtefact { package, bin }
        })?,
    };
    // A source that became a symlink while cargo ran may lead out of the workspace.
    let file = match origin {
        Origin::Asset { .. } => regular::open_real(path),
        Origin::Text(_) | Origin::Compiled(_) | Origin::Artefact(_) => regular::open(path),
    };
    let found = file.and_then(|file| files.digest_of(&file));
    let FileDigest { stamp, digest } =
        found.map_err(|source| InputError::Read { path: path.clone(), source })?;
    let bytes = Bytes::Host { path: path.clone(), stamp, files: Arc::clone(files) };
    Ok(InputFile { size: stamp.size(), digest, bytes })
}

impl InputFile {
    /// Passes the bytes to `out`, and fails if they are not those whose digest was taken. What `out` has
    /// written then must not be used.
    pub(crate) fn read_into(&self, out: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
        let (path, stamp, files) = match &self.bytes {
            Bytes::Text(text) => return out(&mut text.as_bytes()),
            Bytes::Host { path, stamp, files } => (path, stamp, files),
        };
        let changed = || io::Error::other(InputError::Changed { path: path.clone() });
        let file = regular::open(path)?;
        if Stamp::of(&file.metadata()?) != *stamp {
            return Err(changed());
        }
        let mut reader = HashingReader::new((&file).take(self.size));
        out(&mut reader)?;
        io::copy(&mut reader, &mut io::sink())?;
        // A write through a memory map need not change the stamp, so that the bytes decide.
        if reader.finish() == self.digest && Stamp::of(&file.metadata()?) == *stamp {
            return Ok(());
        }
        files.forget(stamp);
        Err(changed())
    }
}

#[cfg(test)]
mod tests;
