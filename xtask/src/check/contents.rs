//! What checks know of the content of the files that the layers bring: the texts of configuration before
//! cargo has run, the facts of programs once they are staged. Here alone do checks read; what is in a
//! file that has not changed is remembered.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::thread;

use serde::{Deserialize, Serialize};

use super::secrets::{Secret, scan};
use crate::base::{Cache, ELF_MAX, Elf, TEXT_MAX, wants_text};
use crate::inputs::{InputFile, Inputs};
use crate::plan::{Origin, PlannedLayer};
use crate::support::parallel;
use lapstrake_oci::Digest;
use lapstrake_oci::tree::Kind;

/// The kind of record that has the facts of one large file.
const FACTS: &str = "facts";
/// The kind of record that has the facts of all files of a layer as it was last built: 100,000 small records
/// take seconds to write and to read.
const LAYER: &str = "layer-facts";
/// A file of so many bytes has a record of its own.
const LARGE: u64 = 1 << 20;

/// Contents of the files of one plan's layers.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    texts: HashMap<Origin, String>,
    sizes: HashMap<Origin, u64>,
    facts: HashMap<Origin, Arc<Facts>>,
}

/// What is known of the bytes of a file, whatever it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) elf: Option<Box<Elf>>,
    /// Where it holds secrets, and of what kind; never the secrets.
    pub(crate) secrets: Vec<Secret>,
}

impl Contents {
    /// The texts that systemd, bootc, ostree and the linker will read as configuration.
    pub(crate) fn of(layers: &[PlannedLayer]) -> Self {
        let mut contents = Self::default();
        for (path, member) in layers.iter().flat_map(|layer| &layer.members) {
            let Kind::File(from @ Origin::Asset { host, .. }) = &member.kind else { continue };
            if !wants_text(path) {
                continue;
            }
            // What can't be read is staging's to report.
            let Ok(file) = File::open(host) else { continue };
            let mut bytes = Vec::new();
            if file.take(TEXT_MAX as u64 + 1).read_to_end(&mut bytes).is_ok() && bytes.len() <= TEXT_MAX {
                contents.texts.insert(from.clone(), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        contents
    }

    /// Adds what is known of every file of an image's layers, now that its bytes are. `owner` names the image
    /// and its workspace.
    pub(crate) fn add(
        &mut self,
        owner: &str,
        layers: &[PlannedLayer],
        staged: &Inputs,
        cache: &Cache,
    ) -> io::Result<()> {
        for layer in layers {
            let record = Digest::of(format!("{owner}\n{}", layer.name).as_bytes());
            let known: BTreeMap<Digest, Arc<Facts>> = cache.recall(LAYER, &record).unwrap_or_default();
            let files = layer.members.values().filter_map(|member| member.kind.file());
            let files: Vec<_> = files.filter_map(|from| Some((from, staged.get(from)?))).collect();
            let new = learned(&files, &known, cache)?;
            let found = |digest| known.get(digest).or_else(|| new.get(digest)).cloned();
            let all: BTreeMap<_, _> = files
                .iter()
                .filter_map(|(_, file)| Some((file.digest.clone(), found(&file.digest)?)))
                .collect();
            for (from, file) in &files {
                self.sizes.insert(Origin::clone(from), file.size);
                self.facts
                    .extend(all.get(&file.digest).map(|facts| (Origin::clone(from), Arc::clone(facts))));
            }
            if !files.is_empty() && known != all {
                // What can't be kept is found out again.
                drop(cache.keep(LAYER, &record, &all));
            }
        }
        Ok(())
    }

    /// Says of every file that it is a program with those facts, in place of reading it.
    #[cfg(any(test, feature = "__fuzz"))]
    pub(crate) fn learn(&mut self, layers: &[PlannedLayer], facts: &Facts) {
        for member in layers.iter().flat_map(|layer| layer.members.values()) {
            if let Kind::File(from) = &member.kind {
                self.facts.insert(from.clone(), Arc::new(facts.clone()));
            }
        }
    }

    /// The size of a file, in bytes, once it is staged or where the description holds it.
    pub(super) fn size(&self, origin: &Origin) -> Option<u64> {
        match origin {
            Origin::Text(text) => Some(text.len() as u64),
            Origin::Asset { .. } | Origin::Artefact(_) | Origin::Compiled(_) => {
                self.sizes.get(origin).copied()
            }
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
        self.facts.get(origin)?.elf.as_deref()
    }

    pub(super) fn secrets(&self, origin: &Origin) -> &[Secret] {
        self.facts.get(origin).map_or(&[], |facts| &facts.secrets)
    }
}

/// The facts of the files that are not known yet.
fn learned(
    files: &[(&Origin, &InputFile)],
    known: &BTreeMap<Digest, Arc<Facts>>,
    cache: &Cache,
) -> io::Result<BTreeMap<Digest, Arc<Facts>>> {
    let unknown: BTreeMap<&Digest, &InputFile> = files
        .iter()
        .filter(|(_, file)| !known.contains_key(&file.digest))
        .map(|(_, file)| (&file.digest, *file))
        .collect();
    // A large file is read whole, and one at a time bounds the memory.
    let (large, small): (Vec<_>, Vec<_>) = unknown.into_iter().partition(|(_, file)| file.size >= LARGE);
    let learned = Mutex::new(BTreeMap::new());
    let learn = |(digest, file): (&Digest, &InputFile)| {
        let facts = Arc::new(facts(file, cache)?);
        learned.lock().expect("no thread panics with the lock").insert(digest.clone(), facts);
        Ok::<_, io::Error>(())
    };
    large.into_iter().try_for_each(learn)?;
    parallel::each(small, thread::available_parallelism(), learn)?;
    Ok(learned.into_inner().expect("no thread panics with the lock"))
}

fn facts(file: &InputFile, cache: &Cache) -> io::Result<Facts> {
    let is_large = file.size >= LARGE;
    if is_large && let Some(known) = cache.recall(FACTS, &file.digest) {
        return Ok(known);
    }
    let mut bytes = Vec::new();
    file.read_into(&mut |content| {
        content.take(ELF_MAX as u64 + 1).read_to_end(&mut bytes)?;
        io::copy(content, &mut io::sink()).map(drop)
    })?;
    let facts = Facts::of(&bytes);
    if is_large {
        // What can't be kept is found out again.
        drop(cache.keep(FACTS, &file.digest, &facts));
    }
    Ok(facts)
}

impl Facts {
    /// What the bytes of a file tell. Never an error: a file may hold anything.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let elf = if bytes.len() <= ELF_MAX { Elf::parse(bytes).map(Box::new) } else { None };
        Self { elf, secrets: scan(bytes) }
    }
}
