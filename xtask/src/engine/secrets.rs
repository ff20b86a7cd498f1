//! The secrets of steps, read once: given to the engine by name, hidden in what it says, and looked for in
//! what it made. A value is in no argument, no error and no `Debug`.

use std::fmt;
use std::io::{self, Read};
use std::process::Command;

use camino::Utf8Path;
use lapstrake::value::SecretId;

use crate::inputs::{self, placed, secret_value};
use crate::plan::{PlannedSecret, SecretFrom};
use crate::support::explain::Explain;
use crate::support::small_map::SmallMap;

/// What the log has in the place of a secret.
const HIDDEN: &str = "***";
/// A value that is shorter can be hidden nowhere: it is in half of all words.
const LEAST: usize = 4;
/// Of a value of several lines, a line from this length on is a secret by itself in a file of a layer, unless it is
/// only a word: many files have that.
const TELLING: usize = 8;
const CHUNK: usize = 256 << 10;

/// Secrets and their values.
#[derive(Default)]
pub(crate) struct Secrets {
    given: SmallMap<SecretId, String>,
    hidden: Vec<Vec<u8>>,
    patterns: Vec<(SecretId, Vec<u8>)>,
}

/// A secret can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(transparent)]
    Value(#[from] inputs::SecretError),
    #[error("secret `{id}` has fewer than {LEAST} bytes, and could not be kept out of a log")]
    Short { id: SecretId },
    #[error("secret `{id}` is in a file whose path has a comma, and podman's option ends at one")]
    Comma { id: SecretId },
}

impl Explain for SecretError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Value(source) => source.help(),
            Self::Comma { .. } => Some("move the file".to_owned()),
            Self::Short { .. } => None,
        }
    }
}

impl Secrets {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Reads secrets; a relative path starts at `root`.
    pub(crate) fn read<'a>(
        secrets: impl IntoIterator<Item = &'a PlannedSecret>,
        root: &Utf8Path,
    ) -> Result<Self, SecretError> {
        let mut read = Self::default();
        for secret in secrets {
            let id = &secret.id;
            let given = match &secret.from {
                SecretFrom::Variable(name) => format!("env={name}"),
                SecretFrom::File(path) => {
                    let path = placed(path, root);
                    if path.as_str().contains(',') {
                        return Err(SecretError::Comma { id: id.clone() });
                    }
                    format!("src={path}")
                }
            };
            read.add(id, given, &secret_value(secret, root)?)?;
        }
        Ok(read)
    }

    /// Lets files have these secrets, because they are the content of files. They stay hidden in a log.
    pub(crate) fn with_content<'a>(mut self, secrets: impl IntoIterator<Item = &'a PlannedSecret>) -> Self {
        for secret in secrets {
            self.patterns.retain(|(id, _)| *id != secret.id);
        }
        self
    }

    fn add(&mut self, id: &SecretId, given: String, value: &[u8]) -> Result<(), SecretError> {
        let value = value.trim_ascii();
        if value.len() < LEAST {
            return Err(SecretError::Short { id: id.clone() });
        }
        self.given.insert(id.clone(), given);
        self.patterns.push((id.clone(), value.to_vec()));
        let lines: Vec<_> = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
        for line in &lines {
            // The frame of a PEM file is in every certificate.
            let telling =
                lines.len() > 1 && line.len() >= TELLING && !line.starts_with(b"-----") && !is_word(line);
            if telling {
                self.patterns.push((id.clone(), line.to_vec()));
            }
            if line.len() >= LEAST {
                self.hidden.push(line.to_vec());
            }
        }
        // The longest first, so that none is left of which another was a part.
        self.hidden.sort_by_key(|line| std::cmp::Reverse(line.len()));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Returns the options that name them to an engine (podman-build(1), `--secret`).
    pub(super) fn give(&self, command: &mut Command) {
        for (id, from) in &self.given {
            command.arg("--secret").arg(format!("id={id},{from}"));
        }
    }

    /// Returns bytes of a log, or of a name, without the secrets. They are hidden before the bytes are made printable,
    /// which would change a value with control characters.
    pub(super) fn hide(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.hidden.iter().fold(bytes, |bytes, secret| replaced(bytes, secret))
    }

    /// Returns a text without the secrets.
    pub(super) fn hide_in(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.hide(text.as_bytes().to_vec())).into_owned()
    }

    /// Returns the length in bytes of the longest text that is hidden.
    pub(super) fn longest(&self) -> usize {
        self.hidden.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Returns the secrets of a step that has one of this value.
    #[cfg(test)]
    pub(super) fn of_value(value: &[u8]) -> Self {
        let mut secrets = Self::default();
        secrets.add(&SecretId::parse("token").unwrap(), "env=TOKEN".to_owned(), value).unwrap();
        secrets
    }

    /// The secret that these bytes hold, if they hold one.
    pub(crate) fn find_in(&self, mut bytes: impl Read) -> io::Result<Option<&SecretId>> {
        let longest = self.patterns.iter().map(|(_, pattern)| pattern.len()).max().unwrap_or_default();
        let mut window: Vec<u8> = Vec::new();
        loop {
            let before = window.len();
            let read = bytes.by_ref().take(CHUNK as u64).read_to_end(&mut window)?;
            if read == 0 {
                return Ok(None);
            }
            let holds = |pattern: &[u8]| contains(&window, pattern);
            if let Some((id, _)) = self.patterns.iter().find(|(_, pattern)| holds(pattern)) {
                return Ok(Some(id));
            }
            debug_assert!(window.len() > before);
            // What may be the beginning of one stays.
            window.drain(..window.len().saturating_sub(longest.saturating_sub(1)));
        }
    }
}

fn contains(bytes: &[u8], pattern: &[u8]) -> bool {
    position(bytes, pattern).is_some()
}

fn position(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    let (first, _) = pattern.split_first()?;
    let mut start = 0;
    while let Some(at) = bytes[start..].iter().position(|byte| byte == first) {
        if bytes[start + at..].starts_with(pattern) {
            return Some(start + at);
        }
        start += at + 1;
    }
    None
}

fn replaced(bytes: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = &bytes[..];
    while let Some(at) = position(rest, secret) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(HIDDEN.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    if out.is_empty() && rest.len() == bytes.len() {
        return bytes;
    }
    out.extend_from_slice(rest);
    out
}

/// Whether a line is one word, with or without the brackets of a section.
fn is_word(line: &[u8]) -> bool {
    line.iter().all(|byte| byte.is_ascii_alphabetic() || b"[]:".contains(byte))
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

/// Returns what to do about a secret that a step wrote to a file.
pub(super) fn keep_secret(id: &impl fmt::Display) -> String {
    format!("let the step read `/run/secrets/{id}`, and write nothing of it to a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(value: &str) -> Secrets {
        Secrets::of_value(value.as_bytes())
    }

    #[test]
    fn a_value_is_hidden_in_the_talk_and_in_debug() {
        let secrets = secrets("s3cr3t-marker\n");
        assert_eq!(secrets.hide_in("token s3cr3t-marker!"), "token ***!");
        assert_eq!(format!("{secrets:?}"), "{SecretId(\"token\")}");
    }

    #[test]
    fn a_value_is_found_wherever_a_chunk_of_the_file_ends() {
        let secrets = secrets("s3cr3t-marker");
        for before in [0, 1, CHUNK - 13, CHUNK - 5, CHUNK - 1, CHUNK, 3 * CHUNK - 7] {
            let file = [vec![b's'; before], b"s3cr3t-marker".to_vec(), vec![b'x'; 9]].concat();
            assert!(secrets.find_in(&file[..]).unwrap().is_some(), "{before}");
            assert!(secrets.find_in(&file[..before + 12]).unwrap().is_none(), "{before}");
        }
    }

    #[test]
    fn each_line_of_a_key_is_secret_and_its_frame_is_not() {
        // In two parts, so that no scanner takes this test for a key.
        let frame = |word: &str| format!("-----{word} PRIVATE {}-----\n", "KEY");
        let key = format!("{}MC4CAQAwBQYDK2VwBCIEIA\nshort\n{}", frame("BEGIN"), frame("END"));
        let secrets = secrets(&key);
        assert!(secrets.find_in(&b"x MC4CAQAwBQYDK2VwBCIEIA y"[..]).unwrap().is_some());
        let another = format!("{}another\n", frame("BEGIN"));
        assert!(secrets.find_in(another.as_bytes()).unwrap().is_none());
        assert_eq!(secrets.hide_in("it is short"), "it is ***");
    }

    #[test]
    fn a_short_line_of_several_is_found_and_a_word_is_not() {
        let secrets = secrets("[account]\nusername\npin=4711-x\n");
        assert!(secrets.find_in(&b"see pin=4711-x there"[..]).unwrap().is_some());
        assert!(secrets.find_in(&b"[account] username"[..]).unwrap().is_none());
    }

    #[test]
    fn what_can_not_be_hidden_is_refused() {
        let mut secrets = Secrets::default();
        let id = SecretId::parse("pin").unwrap();
        let error = secrets.add(&id, "env=PIN".to_owned(), b"123\n").unwrap_err();
        assert!(error.to_string().contains("fewer than 4 bytes"), "{error}");
    }
}
