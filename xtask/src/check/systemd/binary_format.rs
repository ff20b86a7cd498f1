//! The formats of programs that a file of binfmt.d registers with the kernel (binfmt.d(5)), beside ELF and `#!`.

use crate::check::Tree;

/// A format that the kernel hands to an interpreter.
pub(super) enum Format {
    /// A file whose name ends so.
    Extension(String),
    /// A file with these bytes at a place. A bit that the mask lacks is not compared.
    Magic { offset: usize, bytes: Vec<u8>, mask: Vec<u8> },
    /// A line that the kernel understands otherwise.
    Unknown,
}

/// Returns the formats that the image registers when it boots.
pub(super) fn formats(tree: &Tree<'_>) -> Vec<Format> {
    let files = ["/usr/lib/binfmt.d", "/etc/binfmt.d"].into_iter().flat_map(|folder| tree.children(folder));
    let texts = files.filter(|node| node.ends_with(".conf")).map(|node| node.text());
    // A file that was not kept may register any format.
    texts
        .flat_map(|text| {
            text.map_or_else(|| vec![Format::Unknown], |text| text.lines().filter_map(Format::of).collect())
        })
        .collect()
}

impl Format {
    /// Returns the format of a line `:NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS`, whose first character separates the
    /// fields; none for a comment.
    fn of(line: &str) -> Option<Self> {
        let line = line.trim();
        let separator = line.chars().next().filter(|first| !matches!(first, '#' | ';'))?;
        let fields: Vec<_> = line.split(separator).collect();
        let [_, _, kind, offset, magic, mask, _, ..] = fields[..] else { return Some(Self::Unknown) };
        Some(match kind {
            "E" => Self::Extension(format!(".{magic}")),
            "M" => {
                let offset = if offset.is_empty() { Some(0) } else { offset.parse().ok() };
                match (offset, unescaped(magic), unescaped(mask)) {
                    (Some(offset), Some(bytes), Some(mask)) if !bytes.is_empty() => {
                        Self::Magic { offset, bytes, mask }
                    }
                    _ => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        })
    }

    /// Returns whether the kernel may take a file for one of this format. `start` is what the file begins with, and
    /// `is_whole` states that it is the whole file.
    pub(super) fn may_take(&self, name: &str, start: &[u8], is_whole: bool) -> bool {
        match self {
            Self::Unknown => true,
            Self::Extension(extension) => name.ends_with(extension.as_str()),
            Self::Magic { offset, bytes, mask } => bytes.iter().enumerate().all(|(at, byte)| {
                let bits = mask.get(at).copied().unwrap_or(0xff);
                start.get(offset + at).map_or(!is_whole, |found| found & bits == byte & bits)
            }),
        }
    }
}

/// Returns the bytes of a text in which `\xNN` is one byte.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(digits) = rest.strip_prefix("\\x") {
            bytes.push(u8::from_str_radix(digits.get(..2)?, 16).ok()?);
            rest = &digits[2..];
        } else {
            let length = c.len_utf8();
            bytes.extend_from_slice(&rest.as_bytes()[..length]);
            rest = &rest[length..];
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(line: &str, name: &str, start: &[u8]) -> Option<bool> {
        Some(Format::of(line)?.may_take(name, start, start.len() < 16))
    }

    /// The lines are of Debian's python3.11 and llvm-14, and of the kernel's documentation.
    #[test]
    fn a_format_takes_what_its_line_says() {
        let python = r":python3.11:M::\xa7\x0d\x0d\x0a::/usr/bin/python3.11:";
        assert_eq!(takes(python, "a", b"\xa7\x0d\x0d\x0a\0"), Some(true));
        assert_eq!(takes(python, "a", b"echo started\n"), Some(false));
        assert_eq!(takes(python, "a", b""), Some(false), "an empty file has no magic");
        assert_eq!(takes(":bitcode:M::BC::/usr/bin/lli-14:", "a", b"BC\xc0\xde"), Some(true));
        assert_eq!(takes(":java:E::class::/usr/bin/java:", "A.class", b"x"), Some(true));
        assert_eq!(takes(":java:E::class::/usr/bin/java:", "class", b"x"), Some(false));
        assert_eq!(takes(r":masked:M:1:\x41\x42:\xff\x00:/usr/bin/x:", "a", b"?A?"), Some(true));
        assert_eq!(takes(":far:M:40:X::/usr/bin/x:", "a", &[0; 16]), Some(true), "that byte was not kept");
        assert_eq!(takes("+own+E++own++/usr/bin/x+", "a.own", b"x"), Some(true));
        assert_eq!(takes("# a comment", "a", b""), None);
        assert_eq!(takes(":odd", "a", b"x"), Some(true));
    }
}
