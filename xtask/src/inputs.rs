//! The exact bytes behind a plan: every file it needs, found, measured and digested. What is staged is
//! what gets written; a file that changes in between is an error, never a mixed layer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::thread;

use camino::Utf8PathBuf;
use tempfile::TempDir;

use crate::plan::{Artefact, Compiled, ContextFile, Origin, PlannedLayer};
use crate::support::parallel;
use lapstrake_oci::tree::Kind;
use lapstrake_oci::{Digest, HashingReader};

/// Where each binary is.
#[derive(Debug, Default)]
pub(crate) struct Artefacts {
    pub(crate) paths: BTreeMap<Artefact, Utf8PathBuf>,
    /// Where what the stages made is.
    pub(crate) compiled: BTreeMap<Compiled, Utf8PathBuf>,
    /// The copies of those that a later invocation of cargo writes over.
    pub(crate) kept: Option<TempDir>,
}

/// All files of a plan.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    files: HashMap<Origin, InputFile>,
    /// What is staged in there has to stay until it is written.
    _kept: Option<TempDir>,
}

/// One file, as it was when it was staged.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) size: u64,
    pub(crate) digest: Digest,
    bytes: Bytes,
}

#[derive(Debug, Clone)]
enum Bytes {
    Text(String),
    Host { path: Utf8PathBuf, stamp: Stamp },
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

/// A file that can't be staged, or is no longer what was staged.
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

impl Inputs {
    /// Stages the files of `layers`; artefacts must have been built.
    pub(crate) fn of(layers: &[PlannedLayer], artefacts: Artefacts) -> Result<Self, InputError> {
        let files = Self::files(layers.iter().flat_map(origins), &artefacts)?;
        Ok(Self { files, _kept: artefacts.kept })
    }

    /// Stages what the steps of a stage read of the workspace, by its place in their context.
    pub(crate) fn of_context(context: &BTreeMap<String, Kind<ContextFile>>) -> Result<Self, InputError> {
        let files = Self::files(context.values().filter_map(read), &Artefacts::default())?;
        Ok(Self { files, _kept: None })
    }

    fn files<'a>(
        origins: impl Iterator<Item = &'a Origin>,
        artefacts: &Artefacts,
    ) -> Result<HashMap<Origin, InputFile>, InputError> {
        let mut seen = HashSet::new();
        let origins: Vec<&Origin> = origins.filter(|origin| seen.insert(*origin)).collect();
        let staged = Mutex::new(HashMap::with_capacity(origins.len()));
        parallel::each(origins, thread::available_parallelism(), |origin| {
            let file = stage(origin, artefacts)?;
            if let Ok(mut staged) = staged.lock() {
                staged.insert(origin.clone(), file);
            }
            Ok(())
        })?;
        Ok(staged.into_inner().unwrap_or_default())
    }

    /// The file behind an origin of the plan.
    pub(crate) fn get(&self, origin: &Origin) -> Option<&InputFile> {
        self.files.get(origin)
    }
}

/// What a layer holds, and what its steps read.
fn origins(layer: &PlannedLayer) -> impl Iterator<Item = &Origin> {
    let held = layer.members.values().filter_map(|member| member.kind.file());
    held.chain(layer.context.values().filter_map(read))
}

fn read(file: &Kind<ContextFile>) -> Option<&Origin> {
    file.file().map(|file| &file.from)
}

fn stage(origin: &Origin, artefacts: &Artefacts) -> Result<InputFile, InputError> {
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
    let failed = |source| InputError::Read { path: path.clone(), source };
    let file = File::open(path).map_err(failed)?;
    let stamp = Stamp::of(&file.metadata().map_err(failed)?);
    let mut reader = HashingReader::new(&file);
    let size = io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
    let digest = reader.finish();
    if stamp != Stamp::of(&file.metadata().map_err(failed)?) || size != stamp.size {
        return Err(InputError::Changed { path: path.clone() });
    }
    Ok(InputFile { size, digest, bytes: Bytes::Host { path: path.clone(), stamp } })
}

impl InputFile {
    /// Hands the bytes on, all of them or none that count: a file that has changed fails.
    pub(crate) fn read_into(&self, out: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
        match &self.bytes {
            Bytes::Text(text) => out(&mut text.as_bytes()),
            Bytes::Host { path, stamp } => {
                let unchanged = |file: &File| -> io::Result<()> {
                    if Stamp::of(&file.metadata()?) == *stamp {
                        return Ok(());
                    }
                    Err(io::Error::other(InputError::Changed { path: path.clone() }))
                };
                let file = File::open(path)?;
                unchanged(&file)?;
                out(&mut (&file).take(self.size))?;
                unchanged(&file)
            }
        }
    }
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
