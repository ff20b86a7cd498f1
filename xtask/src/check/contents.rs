//! What checks know of the content of the files in the layers: the texts of configuration before cargo has
//! run, and the facts of every file once its digest is known. No other part of the checks reads a file.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use lapstrake::value::LayerName;
use serde::{Deserialize, Serialize};

use super::secrets::{Scanned, Secret, scan, scan_file};
use super::start::Start;
use crate::base::{ELF_MAX, Elf, MAGIC, TEXT_MAX, wants_text};
use crate::inputs::{InputFile, Inputs, LayerInputs};
use crate::plan::{Origin, PlannedLayer};
use crate::store::{Kind, Records};
use crate::support::identity::ByIdentity;
use crate::support::module_signature::lacks_signature;
use crate::support::small_map::SmallMap;
use lapstrake_oci::tree::Kind as NodeKind;
use lapstrake_oci::{Digest, regular};

/// The facts of all files are one record, because most files have none and there may be 100,000.
const FACTS: Kind = Kind { name: "facts", version: 5 };
const KEY: &str = "files";
/// The most files whose facts are kept. Beyond it, only those of this build are.
const KEPT_MAX: usize = 250_000;

/// Contents of the files of one plan's layers.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    layers: SmallMap<LayerName, LayerContents>,
}

/// Contents of the files of one layer.
#[derive(Debug, Default)]
pub(super) struct LayerContents {
    texts: HashMap<Origin, AssetText>,
    files: Arc<FileContents>,
}

/// The text of a file of the workspace.
#[derive(Debug, Default)]
struct AssetText {
    text: String,
    /// Whether a finding may show none of it. It is known once a finding asks.
    has_secret: OnceLock<bool>,
}

/// What is known of the files of a layer.
#[derive(Debug, Default)]
struct FileContents {
    /// Hashed, because paths are slow to compare.
    by_origin: HashMap<Origin, FileContent>,
    /// Most layers have no program or no secret, and then no file is looked up for one.
    has_elf: bool,
    has_secrets: bool,
}

/// What is known of one file.
#[derive(Debug, Clone, Default)]
struct FileContent {
    size: Option<u64>,
    facts: Facts,
}

/// What is known of the bytes of a file, independent of its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) elf: Option<Box<Elf>>,
    /// Where it holds secrets, and of what kind; never the secrets.
    pub(crate) secrets: Vec<Secret>,
    /// Whether a part of it was too large to be searched for secrets.
    pub(crate) is_cut: bool,
    /// How the kernel starts it; none of an ELF file.
    pub(crate) start: Option<Start>,
    /// Whether it is an ELF file, perhaps compressed, that ends without the signature of a kernel module.
    pub(crate) lacks_signature: bool,
}

/// The facts of files by their digests, of this build and of earlier ones. They are saved when they are dropped.
#[derive(Debug)]
pub(crate) struct KnownFacts {
    records: Records,
    known: HashMap<Digest, Known>,
    /// The files of the layers so far. Images that share a layer share them.
    layers: ByIdentity<LayerInputs, Arc<FileContents>>,
    has_new: bool,
}

#[derive(Debug)]
struct Known {
    facts: Facts,
    is_used: bool,
}

impl KnownFacts {
    /// Returns the facts that the last build of a workspace kept.
    pub(crate) fn load(records: Records) -> Self {
        let kept: Vec<(Digest, Facts)> = records.read(FACTS, KEY).unwrap_or_default();
        let known = kept.into_iter().map(|(digest, facts)| (digest, Known { facts, is_used: false }));
        Self { known: known.collect(), layers: ByIdentity::default(), records, has_new: false }
    }

    /// Returns the facts of all files of a layer, which may have several parts.
    fn of_layer(
        &mut self,
        parts: &[&PlannedLayer],
        staged: &Arc<LayerInputs>,
    ) -> io::Result<Arc<FileContents>> {
        if let Some(known) = self.layers.get(staged) {
            return Ok(Arc::clone(known));
        }
        let mut files = HashMap::new();
        let members = parts.iter().flat_map(|part| part.members.values());
        for from in members.filter_map(|member| member.kind.file()) {
            let Some(file) = staged.get(from) else { continue };
            if !files.contains_key(from) {
                let content = FileContent { size: Some(file.size), facts: self.of(file)? };
                files.insert(from.clone(), content);
            }
        }
        let files = Arc::new(FileContents::of(files));
        self.layers.insert(staged, Arc::clone(&files));
        Ok(files)
    }

    /// Returns the facts of a file, and reads it if they are not known.
    fn of(&mut self, file: &InputFile) -> io::Result<Facts> {
        if let Some(known) = self.known.get_mut(&file.digest) {
            known.is_used = true;
            return Ok(known.facts.clone());
        }
        let facts = read_facts(file)?;
        self.has_new = true;
        self.known.insert(file.digest.clone(), Known { facts: facts.clone(), is_used: true });
        Ok(facts)
    }
}

impl Drop for KnownFacts {
    fn drop(&mut self) {
        if !self.has_new {
            return;
        }
        let keeps_all = self.known.len() <= KEPT_MAX;
        let kept = self.known.iter().filter(|(_, known)| keeps_all || known.is_used);
        let mut kept: Vec<(&Digest, &Facts)> = kept.map(|(digest, known)| (digest, &known.facts)).collect();
        kept.sort_unstable_by_key(|(digest, _)| *digest);
        // Without the record, the next build reads the files again.
        drop(self.records.write(FACTS, KEY, &kept));
    }
}

impl Contents {
    /// Returns the texts that systemd, bootc, ostree and the linker read as configuration.
    pub(crate) fn of(layers: &[Arc<PlannedLayer>]) -> Self {
        let mut contents = Self::default();
        for layer in layers {
            contents.layers.or_default(layer.name.clone()).texts.extend(texts(layer));
        }
        contents
    }

    /// Adds the facts of every file.
    pub(crate) fn add(
        &mut self,
        layers: &[Arc<PlannedLayer>],
        staged: &Inputs,
        known: &mut KnownFacts,
    ) -> io::Result<()> {
        let mut all: SmallMap<&LayerName, Vec<&PlannedLayer>> = SmallMap::new();
        for part in layers {
            all.or_default(&part.name).push(part);
        }
        for (name, parts) in all {
            let files = known.of_layer(&parts, staged.layer(name))?;
            self.layers.or_default(name.clone()).files = files;
        }
        Ok(())
    }

    /// Gives every file these facts without reading it.
    #[cfg(any(test, feature = "__fuzz"))]
    pub(crate) fn learn(&mut self, layers: &[Arc<PlannedLayer>], facts: &Facts) {
        for layer in layers {
            let content = || FileContent { size: None, facts: facts.clone() };
            let contents = self.layers.or_default(layer.name.clone());
            let mut files = contents.files.by_origin.clone();
            let members = layer.members.values().filter_map(|member| member.kind.file());
            files.extend(members.map(|from| (from.clone(), content())));
            contents.files = Arc::new(FileContents::of(files));
        }
    }

    /// Returns the contents of the files of a layer of the plan.
    pub(super) fn layer(&self, name: &LayerName) -> &LayerContents {
        self.layers.get(name).expect("the contents are of all layers of the plan")
    }
}

impl FileContents {
    fn of(by_origin: HashMap<Origin, FileContent>) -> Self {
        let has_elf = by_origin.values().any(|file| file.facts.elf.is_some());
        let has_secrets = by_origin.values().any(|file| !file.facts.secrets.is_empty());
        Self { by_origin, has_elf, has_secrets }
    }
}

impl LayerContents {
    /// The size of a file, in bytes, once it is staged or where the description holds it.
    pub(super) fn size(&self, origin: &Origin) -> Option<u64> {
        match origin {
            Origin::Text(text) => Some(text.len() as u64),
            Origin::Read(file) => Some(file.facts.size),
            Origin::Unpacked(file) => Some(file.size),
            Origin::Asset { .. }
            | Origin::Artefact(_)
            | Origin::Compiled(_)
            | Origin::Fetched(_)
            | Origin::SecretHash(_) => self.files.by_origin.get(origin)?.size,
        }
    }

    /// Whether a file is a program or a library.
    pub(super) fn has_elf(&self) -> bool {
        self.files.has_elf
    }

    pub(super) fn text<'a>(&'a self, origin: &'a Origin) -> Option<&'a str> {
        match origin {
            Origin::Text(text) => Some(text),
            Origin::Read(file) => file.facts.text.as_deref(),
            Origin::Unpacked(file) => file.text.as_deref(),
            Origin::Asset { .. }
            | Origin::Artefact(_)
            | Origin::Compiled(_)
            | Origin::Fetched(_)
            | Origin::SecretHash(_) => self.texts.get(origin).map(|text| text.text.as_str()),
        }
    }

    /// Returns whether the text of a file of the workspace holds a secret, so that no line of it may be shown.
    pub(super) fn has_secret(&self, origin: &Origin) -> bool {
        let text = self.texts.get(origin);
        text.is_some_and(|text| *text.has_secret.get_or_init(|| !scan(text.text.as_bytes()).is_empty()))
    }

    pub(super) fn elf(&self, origin: &Origin) -> Option<&Elf> {
        if !self.files.has_elf {
            return None;
        }
        self.files.by_origin.get(origin)?.facts.elf.as_deref()
    }

    pub(super) fn start(&self, origin: &Origin) -> Option<&Start> {
        self.files.by_origin.get(origin)?.facts.start.as_ref()
    }

    /// Whether a file is a program or a kernel module without the signature of a module.
    pub(super) fn lacks_signature(&self, origin: &Origin) -> bool {
        self.files.by_origin.get(origin).is_some_and(|content| content.facts.lacks_signature)
    }

    /// Whether a part of a file was too large to be searched for secrets.
    pub(super) fn is_cut(&self, origin: &Origin) -> bool {
        self.files.by_origin.get(origin).is_some_and(|content| content.facts.is_cut)
    }

    pub(super) fn secrets(&self, origin: &Origin) -> &[Secret] {
        if !self.files.has_secrets {
            return &[];
        }
        self.files.by_origin.get(origin).map_or(&[], |content| &content.facts.secrets)
    }
}

fn texts(layer: &PlannedLayer) -> HashMap<Origin, AssetText> {
    let mut texts = HashMap::new();
    for (path, member) in &layer.members {
        let NodeKind::File(from @ Origin::Asset { host, .. }) = &member.kind else { continue };
        if !wants_text(path) {
            continue;
        }
        // A file that can't be read is reported when its digest is taken.
        if let Ok(file) = regular::open_real(host) {
            let mut bytes = Vec::new();
            if file.take(TEXT_MAX as u64 + 1).read_to_end(&mut bytes).is_ok() && bytes.len() <= TEXT_MAX {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                texts.insert(from.clone(), AssetText { text, has_secret: OnceLock::new() });
            }
        }
    }
    texts
}

fn read_facts(file: &InputFile) -> io::Result<Facts> {
    let mut bytes = Vec::new();
    file.read_into(&mut |content| content.take(ELF_MAX as u64 + 1).read_to_end(&mut bytes).map(drop))?;
    Ok(Facts::of(&bytes))
}

impl Facts {
    /// Returns the facts of some bytes, which may be anything.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let elf = if bytes.len() <= ELF_MAX { Elf::parse(bytes).map(Box::new) } else { None };
        let start = if bytes.starts_with(MAGIC) { None } else { Some(Start::of(bytes)) };
        let Scanned { secrets, is_cut } = scan_file(bytes);
        let lacks_signature = bytes.len() <= ELF_MAX && lacks_signature(bytes);
        Self { elf, secrets, is_cut: is_cut || bytes.len() > ELF_MAX, start, lacks_signature }
    }
}
