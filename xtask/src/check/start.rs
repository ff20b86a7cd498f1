//! How the kernel starts a file that is not a program in machine code, by its first bytes (execve(2)).

use serde::{Deserialize, Serialize};

/// The kernel reads so many bytes of the first line.
const LINE_MAX: usize = 256;
/// What editors of other systems write before the text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many bytes are kept of a file of another format.
pub(super) const START_MAX: usize = 16;

/// What the kernel finds at the start of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Start {
    /// Nothing: the file is empty.
    Empty,
    /// `#!`, with what follows in that line. A carriage return is part of it.
    Script(String),
    /// A mark of UTF-8 before `#!`, which the kernel takes for the start of something else.
    ByteOrderMark,
    /// What only a shell would start; the first bytes.
    Other(Vec<u8>),
}

impl Start {
    /// Returns the start of a file that is not an ELF file.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let line = bytes.get(..LINE_MAX.min(bytes.len())).unwrap_or_default();
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match line {
            _ if bytes.is_empty() => Self::Empty,
            [b'#', b'!', rest @ ..] => Self::Script(String::from_utf8_lossy(rest).into_owned()),
            _ if line.strip_prefix(BYTE_ORDER_MARK).is_some_and(|rest| rest.starts_with(b"#!")) => {
                Self::ByteOrderMark
            }
            _ => Self::Other(bytes[..START_MAX.min(bytes.len())].to_vec()),
        }
    }
}

/// The line of a script after `#!`.
pub(super) struct Interpreter<'l> {
    pub(super) program: &'l str,
    /// The rest of the line, which the kernel hands over as one argument.
    pub(super) argument: Option<&'l str>,
}

impl<'l> Interpreter<'l> {
    pub(super) fn of(line: &'l str) -> Self {
        let line = line.trim_matches([' ', '\t']);
        match line.split_once([' ', '\t']) {
            Some((program, argument)) => {
                Self { program, argument: Some(argument.trim_start_matches([' ', '\t'])) }
            }
            None => Self { program: line, argument: None },
        }
    }
}
