//! Everything that decides a layer's bytes, and the key that is made of it. The difference of two cache keys
//! explains why a layer is written again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lapstrake::value::ImagePath;
use serde::{Deserialize, Serialize};

use crate::inputs::LayerInputs;
use crate::plan::{Mark, Member, PlannedLayer};
use crate::support::identity::ByIdentity;
use lapstrake_oci::tree::{CAPABILITY, Kind};
use lapstrake_oci::{Compression, Digest};

/// Grows with every change of the writer that changes what it writes.
const WRITER: u32 = 1;

/// The inputs of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CacheKey {
    writer: u32,
    compression: String,
    whiteouts: Vec<ImagePath>,
    /// Each member, completely described in one line.
    members: BTreeMap<ImagePath, String>,
}

/// The cache keys of the layers of a run, so that each is made once for all images that share the layer.
#[derive(Debug, Default)]
pub(crate) struct CacheKeys(Mutex<ByIdentity<PlannedLayer, Keyed>>);

/// A cache key with its digest, and what it was made of beside the planned layer.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    pub(crate) cache_key: Arc<CacheKey>,
    pub(crate) digest: Digest,
    inputs: Arc<LayerInputs>,
    compression: Compression,
}

impl CacheKeys {
    /// Returns the cache key of a layer whose inputs are known.
    pub(crate) fn of(
        &self,
        layer: &Arc<PlannedLayer>,
        inputs: &Arc<LayerInputs>,
        compression: Compression,
    ) -> Result<Keyed, serde_json::Error> {
        let is_same = |known: &&Keyed| Arc::ptr_eq(&known.inputs, inputs) && known.compression == compression;
        let known = || self.0.lock().expect("no thread panics while it holds the cache keys");
        if let Some(known) = known().get(layer).filter(is_same) {
            return Ok(known.clone());
        }
        let cache_key = Arc::new(CacheKey::of(layer, inputs, compression));
        let keyed = Keyed { digest: cache_key.key()?, cache_key, inputs: Arc::clone(inputs), compression };
        known().insert(layer, keyed.clone());
        Ok(keyed)
    }
}

/// The first difference between two cache keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Added(ImagePath),
    Removed(ImagePath),
    Changed(ImagePath),
    Settings,
}

impl CacheKey {
    /// Returns the cache key of a layer whose inputs are known.
    pub(crate) fn of(layer: &PlannedLayer, staged: &LayerInputs, compression: Compression) -> Self {
        let line = |(path, member): (&ImagePath, &Member)| (path.clone(), describe(member, staged));
        Self {
            writer: WRITER,
            compression: compression.identity(),
            whiteouts: layer.whiteouts.iter().cloned().collect(),
            members: layer.members.iter().map(line).collect(),
        }
    }

    /// Returns the digest of the cache key.
    pub(crate) fn key(&self) -> Result<Digest, serde_json::Error> {
        Ok(Digest::of(&serde_json::to_vec(self)?))
    }

    /// Returns what each path is against an earlier cache key of the same layer.
    pub(crate) fn marks_since(&self, earlier: &Self) -> BTreeMap<ImagePath, Mark> {
        let mut marks = marks_of_paths(self.members.keys(), earlier);
        for (path, line) in &self.members {
            if let Some(old) = earlier.members.get(path) {
                marks.insert(path.clone(), if old == line { Mark::Same } else { Mark::Changed });
            }
        }
        marks
    }

    /// Returns the first difference from an earlier cache key of the same layer; none if they are equal.
    pub(crate) fn change_since(&self, earlier: &Self) -> Option<Change> {
        let changed = self.members.iter().find_map(|(path, line)| match earlier.members.get(path) {
            None => Some(Change::Added(path.clone())),
            Some(old) if old != line => Some(Change::Changed(path.clone())),
            Some(_) => None,
        });
        let removed = || earlier.members.keys().find(|path| !self.members.contains_key(*path)).cloned();
        changed
            .or_else(|| removed().map(Change::Removed))
            .or_else(|| (self != earlier).then_some(Change::Settings))
    }
}

/// Returns what each path of a layer is against an earlier cache key, as far as that is known without its content.
pub(crate) fn marks_of_paths<'a>(
    paths: impl Iterator<Item = &'a ImagePath>,
    earlier: &CacheKey,
) -> BTreeMap<ImagePath, Mark> {
    let gone = earlier.members.keys().map(|path| (path.clone(), Mark::Removed));
    let mut marks: BTreeMap<_, _> = gone.collect();
    for path in paths {
        let mark = if earlier.members.contains_key(path) { Mark::Unknown } else { Mark::Added };
        marks.insert(path.clone(), mark);
    }
    marks
}

fn describe(member: &Member, staged: &LayerInputs) -> String {
    let metadata = &member.metadata;
    let capabilities = metadata.capabilities().map(|caps| caps.to_string()).unwrap_or_default();
    let content = match &member.kind {
        Kind::Symlink { target } => format!("symlink {target:?}"),
        Kind::File(from) => match staged.get(from) {
            Some(file) => format!("file {} {}", file.size, file.digest),
            None => "file".to_owned(),
        },
        Kind::Directory | Kind::Device { .. } | Kind::Fifo => member.kind.name().to_owned(),
    };
    let mut line = format!("{} {}:{} {capabilities} {content}", metadata.mode, metadata.uid, metadata.gid);
    if let Some(first) = &member.hardlink {
        line += &format!(" hardlink {first}");
    }
    for (name, value) in metadata.xattrs.iter().filter(|(name, _)| *name != CAPABILITY) {
        line += &format!(" {name:?}={}", Digest::of(value));
    }
    line
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Added(path) => write!(f, "`{path}` is new"),
            Self::Removed(path) => write!(f, "`{path}` is gone"),
            Self::Changed(path) => write!(f, "`{path}` changed"),
            Self::Settings => f.write_str("settings changed"),
        }
    }
}
