//! What checks know of the content of the files that the layers bring: the texts of configuration before
//! cargo has run, the facts of programs once they are staged. Here alone do checks read; what is in a
//! file that has not changed is remembered.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::secrets::{Secret, scan};
use crate::base::{Cache, ELF_MAX, Elf, TEXT_MAX, wants_text};
use crate::inputs::{InputFile, Inputs};
use crate::plan::{Origin, PlannedLayer};
use lapstrake_oci::tree::Kind;

/// The kind of record in the cache.
const FACTS: &str = "facts";

/// Contents of the files of one plan's layers.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    texts: BTreeMap<Origin, String>,
    sizes: BTreeMap<Origin, u64>,
    facts: BTreeMap<Origin, Facts>,
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
            // What can't be read is staging's to report.
            if let (true, Ok(file)) = (wants_text(path), File::open(host)) {
                let mut bytes = Vec::new();
                if file.take(TEXT_MAX as u64 + 1).read_to_end(&mut bytes).is_ok() && bytes.len() <= TEXT_MAX {
                    contents.texts.insert(from.clone(), String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        contents
    }

    /// Adds what is known of every file, now that its bytes are.
    pub(crate) fn add(&mut self, layers: &[PlannedLayer], staged: &Inputs, cache: &Cache) -> io::Result<()> {
        for member in layers.iter().flat_map(|layer| layer.members.values()) {
            let Kind::File(from) = &member.kind else { continue };
            let Some(file) = staged.get(from) else { continue };
            if self.sizes.insert(from.clone(), file.size).is_none() {
                self.facts.insert(from.clone(), facts(file, cache)?);
            }
        }
        Ok(())
    }

    /// Says of every file that it is a program with those facts, in place of reading it.
    #[cfg(any(test, feature = "__fuzz"))]
    pub(crate) fn learn(&mut self, layers: &[PlannedLayer], facts: &Facts) {
        for member in layers.iter().flat_map(|layer| layer.members.values()) {
            if let Kind::File(from) = &member.kind {
                self.facts.insert(from.clone(), facts.clone());
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

fn facts(file: &InputFile, cache: &Cache) -> io::Result<Facts> {
    if let Some(known) = cache.recall(FACTS, &file.digest) {
        return Ok(known);
    }
    let mut bytes = Vec::new();
    file.read_into(&mut |content| {
        content.take(ELF_MAX as u64 + 1).read_to_end(&mut bytes)?;
        io::copy(content, &mut io::sink()).map(drop)
    })?;
    let facts = Facts::of(&bytes);
    // What can't be kept is found out again.
    drop(cache.keep(FACTS, &file.digest, &facts));
    Ok(facts)
}

impl Facts {
    /// What the bytes of a file tell. Never an error: a file may hold anything.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let elf = if bytes.len() <= ELF_MAX { Elf::parse(bytes).map(Box::new) } else { None };
        Self { elf, secrets: scan(bytes) }
    }
}
