//! The exact bytes behind a plan: the size and the digest of every file that it needs. A file whose bytes are
//! not those is an error when it is written, never a part of a layer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Site;
use lapstrake::value::LayerName;

use self::secret::SecretText;
use crate::plan::{Artefact, Compiled, ContextFile, Fetched, Origin, PlannedLayer, ReadFile, Unpacked};
use crate::support::explain::Explain;
use crate::support::identity::ByIdentity;
use crate::support::parallel;
use crate::support::small_map::SmallMap;
use lapstrake_oci::tree::Kind;
use lapstrake_oci::{Blobs, Digest, FileDigest, FileDigests, HashingReader, Stamp, regular};

/// Where each binary is.
#[derive(Debug, Default)]
pub(crate) struct Artefacts {
    pub(crate) paths: SmallMap<Artefact, Utf8PathBuf>,
    /// Where the results of build stages are.
    pub(crate) compiled: SmallMap<Compiled, Utf8PathBuf>,
}

/// The files of all layers of a plan.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    layers: SmallMap<LayerName, Arc<LayerInputs>>,
    /// Where the results of build stages are.
    compiled: SmallMap<Compiled, Utf8PathBuf>,
}

/// The files in a layer, and those that its steps read.
#[derive(Debug, Clone, Default)]
pub(crate) struct LayerInputs {
    /// Hashed, because paths are slow to compare.
    files: HashMap<Origin, InputFile>,
}

/// The inputs of the layers that the images of a run share. A file of such a layer is looked at once, so that all images
/// have it in the same state.
#[derive(Debug, Default)]
pub(crate) struct SharedInputs(ByIdentity<PlannedLayer, Arc<LayerInputs>>);

/// Where files are, and what is known of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) digests: &'a Arc<FileDigests>,
    /// The files of layers below that are copied, by their digests.
    pub(crate) read: &'a Blobs,
    /// The directory at which the path of a secret starts.
    pub(crate) root: &'a Utf8Path,
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
    Secret(SecretText),
    Host {
        path: Utf8PathBuf,
        stamp: Stamp,
        files: Arc<FileDigests>,
    },
    /// A blob that has to exist when the file is read.
    Blob(Utf8PathBuf),
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
    #[error("the password of a user can't be set")]
    Hash { site: Site, source: HashError },
}

impl Explain for InputError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Changed { .. } => Some("build again, once nothing writes the file".to_owned()),
            Self::Hash { source, .. } => source.help(),
            Self::Read { .. } | Self::NoArtefact { .. } | Self::NotBuilt { .. } => None,
        }
    }

    fn site(&self) -> Option<Site> {
        match self {
            Self::Hash { site, .. } => Some(*site),
            Self::Read { .. } | Self::Changed { .. } | Self::NoArtefact { .. } | Self::NotBuilt { .. } => {
                None
            }
        }
    }
}

const UNPOISONED: &str = "no thread panics while it holds the files";

impl Inputs {
    /// Returns the files of `layers`, whose artefacts must have been built. Reads those that neither `shared` nor
    /// `files` knows.
    pub(crate) fn of(
        layers: &[Arc<PlannedLayer>],
        artefacts: &Artefacts,
        shared: &mut SharedInputs,
        files: Files<'_>,
    ) -> Result<Self, InputError> {
        let mut parts: SmallMap<&LayerName, Vec<&Arc<PlannedLayer>>> = SmallMap::new();
        for part in layers {
            parts.or_default(&part.name).push(part);
        }
        let (mut known, mut new) = (SmallMap::new(), Vec::new());
        for (name, parts) in parts {
            // A layer of several parts is on an engine's layer, and is not shared.
            match parts.as_slice() {
                [only] if shared.0.get(only).is_some() => {
                    known.extend(shared.0.get(only).map(|inputs| (name.clone(), Arc::clone(inputs))));
                }
                _ => new.push((name, parts)),
            }
        }
        let origins = new.iter().enumerate().flat_map(|(number, (_, parts))| {
            let origins: HashSet<_> = parts.iter().flat_map(|part| origins(part)).collect();
            origins.into_iter().map(move |origin| (number, origin))
        });
        let read = read_all(new.len(), origins, artefacts, files)?;
        for ((name, parts), inputs) in new.into_iter().zip(read) {
            let inputs = Arc::new(inputs);
            if let ([only], true) = (parts.as_slice(), inputs.is_of_run()) {
                shared.0.insert(only, Arc::clone(&inputs));
            }
            known.insert(name.clone(), inputs);
        }
        Ok(Self { layers: known, compiled: artefacts.compiled.clone() })
    }

    /// Returns the files of `layers` that exist before anything is compiled. It leaves out a file that can't be read, because
    /// that is reported when all files are read.
    pub(crate) fn known(layers: &[Arc<PlannedLayer>], files: Files<'_>) -> Self {
        let mut known: SmallMap<LayerName, LayerInputs> = SmallMap::new();
        for layer in layers {
            let inputs = known.or_default(layer.name.clone());
            let is_known = |origin: &&Origin| match origin {
                Origin::Asset { .. } | Origin::Text(_) | Origin::SecretHash(_) => true,
                // A file of a layer below or of an archive is taken out of it before it is read.
                Origin::Artefact(_)
                | Origin::Compiled(_)
                | Origin::Read(_)
                | Origin::Fetched(_)
                | Origin::Unpacked(_) => false,
            };
            for origin in origins(layer).filter(is_known) {
                if let Ok(file) = stage(origin, &Artefacts::default(), files) {
                    inputs.files.insert(origin.clone(), file);
                }
            }
        }
        let layers = known.into_iter().map(|(name, inputs)| (name, Arc::new(inputs))).collect();
        Self { layers, ..Self::default() }
    }

    /// Returns the files of a layer of the plan.
    pub(crate) fn layer(&self, name: &LayerName) -> &Arc<LayerInputs> {
        self.layers.get(name).expect("the inputs are of all layers of the plan")
    }
}

impl SharedInputs {
    /// Forgets all files, because a program has run that may have changed them.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

impl LayerInputs {
    /// Returns the files of the workspace that the steps of a build stage read.
    pub(crate) fn of_context(
        context: &BTreeMap<String, Kind<ContextFile>>,
        files: Files<'_>,
    ) -> Result<Self, InputError> {
        let origins: HashSet<_> = context.values().filter_map(read).map(|origin| (0, origin)).collect();
        let read = read_all(1, origins, &Artefacts::default(), files)?;
        Ok(read.into_iter().next().expect("one layer was read"))
    }

    /// Returns the file behind an origin of the layer.
    pub(crate) fn get(&self, origin: &Origin) -> Option<&InputFile> {
        self.files.get(origin)
    }

    /// Whether all images of the run have the same files. Binaries are of one image, because another image can have an
    /// equal layer and build them otherwise.
    fn is_of_run(&self) -> bool {
        self.files.keys().all(|origin| match origin {
            Origin::Asset { .. }
            | Origin::Text(_)
            | Origin::Read(_)
            | Origin::Fetched(_)
            | Origin::Unpacked(_)
            | Origin::SecretHash(_) => true,
            Origin::Artefact(_) | Origin::Compiled(_) => false,
        })
    }
}

/// Returns the files of some layers, whose origins come with the number of their layer.
fn read_all<'a>(
    layers: usize,
    origins: impl IntoIterator<Item = (usize, &'a Origin)>,
    artefacts: &Artefacts,
    files: Files<'_>,
) -> Result<Vec<LayerInputs>, InputError> {
    let read: Vec<LayerInputs> = (0..layers).map(|_| LayerInputs::default()).collect();
    let read = Mutex::new(read);
    let one = |(layer, origin): (usize, &'a Origin)| {
        let file = stage(origin, artefacts, files)?;
        read.lock().expect(UNPOISONED)[layer].files.insert(origin.clone(), file);
        Ok(())
    };
    // A text is in memory, and is not worth a thread.
    let (texts, of_host): (Vec<_>, Vec<_>) =
        origins.into_iter().partition(|(_, origin)| matches!(origin, Origin::Text(_)));
    texts.into_iter().try_for_each(one)?;
    parallel::each(of_host, thread::available_parallelism(), one)?;
    Ok(read.into_inner().expect(UNPOISONED))
}

/// Returns the files in a layer, and those that its steps read.
fn origins(layer: &PlannedLayer) -> impl Iterator<Item = &Origin> {
    let held = layer.members.values().filter_map(|member| member.kind.file());
    held.chain(layer.context.values().filter_map(read))
}

fn read(file: &Kind<ContextFile>) -> Option<&Origin> {
    file.file().map(|file| &file.from)
}

fn stage(origin: &Origin, artefacts: &Artefacts, files: Files<'_>) -> Result<InputFile, InputError> {
    let kept;
    let path = match origin {
        Origin::Text(text) => return Ok(InputFile::of_text(text)),
        Origin::SecretHash(hash) => return secret_hash(hash, files.root),
        Origin::Asset { host, .. } => host,
        Origin::Read(file) => return Ok(InputFile::of_read(file, files.read)),
        Origin::Fetched(Fetched { digest, .. }) | Origin::Unpacked(Unpacked { digest, .. }) => {
            kept = files.read.path(digest);
            &kept
        }
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
        Origin::Text(_)
        | Origin::Compiled(_)
        | Origin::Artefact(_)
        | Origin::Read(_)
        | Origin::Fetched(_)
        | Origin::Unpacked(_)
        | Origin::SecretHash(_) => regular::open(path),
    };
    let found = file.and_then(|file| files.digests.digest_of(&file));
    let FileDigest { stamp, digest } =
        found.map_err(|source| InputError::Read { path: path.clone(), source })?;
    let expected = match origin {
        Origin::Fetched(Fetched { digest, .. }) | Origin::Unpacked(Unpacked { digest, .. }) => Some(digest),
        Origin::Asset { .. }
        | Origin::Text(_)
        | Origin::Read(_)
        | Origin::Artefact(_)
        | Origin::Compiled(_)
        | Origin::SecretHash(_) => None,
    };
    if expected.is_some_and(|expected| *expected != digest) {
        return Err(InputError::Changed { path: path.clone() });
    }
    let bytes = Bytes::Host { path: path.clone(), stamp, files: Arc::clone(files.digests) };
    Ok(InputFile { size: stamp.size(), digest, bytes })
}

impl InputFile {
    fn of_text(text: &str) -> Self {
        let digest = Digest::of(text.as_bytes());
        Self { size: text.len() as u64, digest, bytes: Bytes::Text(text.to_owned()) }
    }

    fn of_secret(text: &str) -> Self {
        Self { bytes: Bytes::Secret(SecretText(text.to_owned())), ..Self::of_text(text) }
    }

    fn of_read(file: &ReadFile, blobs: &Blobs) -> Self {
        let (size, digest) = (file.facts.size, file.facts.digest.clone());
        let bytes = Bytes::Blob(blobs.path(&digest));
        Self { size, digest, bytes }
    }

    /// Passes the bytes to `out`, and fails if they are not those whose digest was taken. What `out` has
    /// written then must not be used.
    pub(crate) fn read_into(&self, out: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
        let (path, stamp, files) = match &self.bytes {
            Bytes::Text(text) | Bytes::Secret(SecretText(text)) => return out(&mut text.as_bytes()),
            Bytes::Blob(path) => return self.read_blob(path, out),
            Bytes::Host { path, stamp, files } => (path, stamp, files),
        };
        let changed = || io::Error::other(InputError::Changed { path: path.clone() });
        let file = regular::open(path)?;
        // Another build that links an executable of cargo changes its time, and not its content.
        let is_same = || io::Result::Ok(Stamp::of(&file.metadata()?).has_content_of(stamp));
        if !is_same()? {
            return Err(changed());
        }
        let mut reader = HashingReader::new((&file).take(self.size));
        out(&mut reader)?;
        io::copy(&mut reader, &mut io::sink())?;
        // A write through a memory map need not change the stamp, so that the bytes decide.
        if reader.finish() == self.digest && is_same()? {
            return Ok(());
        }
        files.forget(stamp);
        Err(changed())
    }

    fn read_blob(
        &self,
        path: &Utf8Path,
        out: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        let file = regular::open(path)?;
        let mut reader = HashingReader::new((&file).take(self.size));
        out(&mut reader)?;
        io::copy(&mut reader, &mut io::sink())?;
        let is_same = reader.finish() == self.digest && file.metadata()?.len() == self.size;
        let changed = || io::Error::other(InputError::Changed { path: path.to_owned() });
        if is_same { Ok(()) } else { Err(changed()) }
    }
}

mod archive;
mod fetch;
mod planned;
mod secret;
#[cfg(test)]
mod tests;
mod unpack;

pub(crate) use archive::each_file;
#[cfg(any(test, feature = "__fuzz"))]
pub(crate) use archive::{keep_members, read_archive};
pub(crate) use fetch::{FetchError, fetch};
pub(crate) use secret::{HashError, SecretError, placed, secret_hash, secret_value};
pub(crate) use unpack::{learn_archives, unpack};
