//! What checks know of the content of the files in the layers: the texts of configuration before cargo has
//! run, and the facts of every file once its digest is known. No other part of the checks reads a file.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::secrets::{Secret, scan};
use crate::base::{ELF_MAX, Elf, TEXT_MAX, wants_text};
use crate::inputs::{InputFile, Inputs};
use crate::plan::{Origin, PlannedLayer};
use crate::store::{Kind, Records};
use lapstrake_oci::tree::Kind as NodeKind;
use lapstrake_oci::{Digest, regular};

/// The facts of all files are one record, because most files have none and there may be 100,000.
const FACTS: Kind = Kind { name: "facts", version: 2 };
const KEY: &str = "files";
/// The most files whose facts are kept. Beyond it, only those of this build are.
const KEPT_MAX: usize = 250_000;

/// Contents of the files of one plan's layers.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    texts: BTreeMap<Origin, String>,
    /// Hashed, because paths are slow to compare.
    files: HashMap<Origin, FileContent>,
}

/// What is known of one file.
#[derive(Debug, Default)]
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
}

/// The facts of files by their digests, of this build and of earlier ones. They are saved when they are dropped.
#[derive(Debug)]
pub(crate) struct KnownFacts {
    records: Records,
    known: BTreeMap<Digest, Known>,
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
        Self { known: known.collect(), records, has_new: false }
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
        let kept: Vec<(&Digest, &Facts)> = kept.map(|(digest, known)| (digest, &known.facts)).collect();
        // Without the record, the next build reads the files again.
        drop(self.records.write(FACTS, KEY, &kept));
    }
}

impl Contents {
    /// Returns the texts that systemd, bootc, ostree and the linker read as configuration.
    pub(crate) fn of(layers: &[PlannedLayer]) -> Self {
        let mut contents = Self::default();
        for (path, member) in layers.iter().flat_map(|layer| &layer.members) {
            let NodeKind::File(from @ Origin::Asset { host, .. }) = &member.kind else { continue };
            if !wants_text(path) {
                continue;
            }
            // A file that can't be read is reported when its digest is taken.
            if let Ok(file) = regular::open_real(host) {
                let mut bytes = Vec::new();
                if file.take(TEXT_MAX as u64 + 1).read_to_end(&mut bytes).is_ok() && bytes.len() <= TEXT_MAX {
                    contents.texts.insert(from.clone(), String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        contents
    }

    /// Adds the facts of every file.
    pub(crate) fn add(
        &mut self,
        layers: &[PlannedLayer],
        staged: &Inputs,
        known: &mut KnownFacts,
    ) -> io::Result<()> {
        for member in layers.iter().flat_map(|layer| layer.members.values()) {
            let NodeKind::File(from) = &member.kind else { continue };
            let Some(file) = staged.get(from) else { continue };
            if !self.files.contains_key(from) {
                let content = FileContent { size: Some(file.size), facts: known.of(file)? };
                self.files.insert(from.clone(), content);
            }
        }
        Ok(())
    }

    /// Gives every file these facts without reading it.
    #[cfg(any(test, feature = "__fuzz"))]
    pub(crate) fn learn(&mut self, layers: &[PlannedLayer], facts: &Facts) {
        for member in layers.iter().flat_map(|layer| layer.members.values()) {
            if let NodeKind::File(from) = &member.kind {
                self.files.insert(from.clone(), FileContent { size: None, facts: facts.clone() });
            }
        }
    }

    /// The size of a file, in bytes, once it is staged or where the description holds it.
    pub(super) fn size(&self, origin: &Origin) -> Option<u64> {
        match origin {
            Origin::Text(text) => Some(text.len() as u64),
            Origin::Asset { .. } | Origin::Artefact(_) | Origin::Compiled(_) => self.files.get(origin)?.size,
        }
    }

    pub(super) fn text<'a>(&'a self, origin: &'a Origin) -> Option<&'a str> {
        match origin {
            Origin::Text(text) => Some(text),
            Origin::Asset { .. } | Origin::Artefact(_) | Origin::Compiled(_) => {
                self.texts.get(origin).map(String::as_str)
            }
        }
    }

    pub(super) fn elf(&self, origin: &Origin) -> Option<&Elf> {
        self.files.get(origin)?.facts.elf.as_deref()
    }

    pub(super) fn secrets(&self, origin: &Origin) -> &[Secret] {
        self.files.get(origin).map_or(&[], |content| &content.facts.secrets)
    }
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
        Self { elf, secrets: scan(bytes) }
    }
}
