//! Names a blob by its SHA-256. The OCI image spec (descriptor.md, "Digests") has other algorithms, but
//! registries and engines do not use them, and this crate refuses them.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

const ALGORITHM: &str = "sha256";

/// Holds the SHA-256 of a blob.
///
/// The text form is `sha256:` and 64 lowercase hexadecimal digits. Serde uses the text in formats for people,
/// as JSON, and the 32 bytes in binary formats.
///
/// ```
/// use lapstrake_oci::Digest;
///
/// let digest = Digest::of(b"abc");
/// assert_eq!(Digest::parse(&digest.to_string())?, digest);
/// assert!(digest.hex().starts_with("ba7816bf"));
/// assert_eq!(Digest::of_hex(&digest.hex()), Some(digest));
/// # Ok::<_, lapstrake_oci::DigestError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// States which text is not a SHA-256 digest.
///
/// ```
/// use lapstrake_oci::{Digest, DigestError};
///
/// let error: DigestError = Digest::parse("md5:0").unwrap_err();
/// assert_eq!(error.to_string(), "`md5:0` is not `sha256:` and 64 lowercase hexadecimal digits");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not `sha256:` and 64 lowercase hexadecimal digits")]
pub struct DigestError {
    text: String,
}

impl Digest {
    /// Returns the digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Parses `sha256:HEX`.
    ///
    /// # Errors
    ///
    /// Fails on any other text: other algorithms, uppercase digits, spaces.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        text.strip_prefix(ALGORITHM)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(Self::of_hex)
            .ok_or_else(|| DigestError { text: text.escape_debug().to_string() })
    }

    /// Parses 64 lowercase hexadecimal digits, which are the name of a blob's file. Returns `None` for
    /// anything else.
    pub fn of_hex(hex: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Returns the 32 bytes.
    ///
    /// ```
    /// assert_eq!(lapstrake_oci::Digest::of(b"abc").as_bytes()[..2], [0xba, 0x78]);
    /// ```
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the 64 digits without the algorithm.
    pub fn hex(&self) -> String {
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|nibble| char::from(HEX[usize::from(nibble)]))
            .collect()
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text).map_err(serde::de::Error::custom)
        } else {
            deserializer.deserialize_tuple(32, Bytes).map(Self)
        }
    }
}

/// Reads the 32 bytes one after the other: serde's visitor of an array is 4,000 lines of LLVM IR for each format.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = [u8; 32];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<[u8; 32], A::Error> {
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = seq.next_element()?.ok_or_else(|| serde::de::Error::invalid_length(at, &self))?;
        }
        Ok(bytes)
    }
}

/// Hashes what is read through it.
///
/// ```
/// use std::io::Read;
///
/// use lapstrake_oci::{Digest, HashingReader};
///
/// let mut reader = HashingReader::new(&b"abc"[..]);
/// reader.read_to_end(&mut Vec::new())?;
/// assert_eq!(reader.finish(), Digest::of(b"abc"));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> HashingReader<R> {
    /// Returns a reader of `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    /// Returns the digest of what was read so far.
    pub fn finish(self) -> Digest {
        Digest(self.hash.finalize().into())
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// Hashes and counts what is written through it.
///
/// ```
/// use std::io::Write;
///
/// use lapstrake_oci::{Digest, HashingWriter};
///
/// let mut writer = HashingWriter::new(Vec::new());
/// writer.write_all(b"abc")?;
/// assert_eq!(writer.finish(), (b"abc".to_vec(), Digest::of(b"abc"), 3));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hash: Sha256,
    count: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Returns a writer to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), count: 0 }
    }

    /// Returns the inner writer, which is not flushed, and the digest and number of the bytes written to it.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest(self.hash.finalize().into()), self.count)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::{Digest, HashingReader, HashingWriter};

    /// The output of `printf abc | sha256sum`.
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_the_output_of_sha256sum() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(Digest::parse(ABC).unwrap(), Digest::of(b"abc"));
    }

    #[test]
    fn readers_and_writers_hash_what_passes_through_them() {
        let mut reader = HashingReader::new(&b"abc"[..]);
        reader.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(reader.finish().to_string(), ABC);
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"a").unwrap();
        writer.write_all(b"bc").unwrap();
        assert_eq!(writer.finish(), (b"abc".to_vec(), Digest::of(b"abc"), 3));
    }

    #[test]
    fn a_text_of_any_other_form_is_refused() {
        let upper = ABC.to_uppercase();
        let bad = [
            "",
            "sha256:",
            "sha256:abc",
            &ABC[7..],
            &upper,
            "sha512:00",
            &format!("{ABC}0"),
            "sha256:../../x",
        ];
        for text in bad {
            Digest::parse(text).unwrap_err();
        }
    }

    #[test]
    fn json_holds_text_and_postcard_bytes() {
        let digest = Digest::of(b"abc");
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("{ABC:?}"));
        let bytes = postcard::to_stdvec(&digest).unwrap();
        assert_eq!((bytes.len(), postcard::from_bytes::<Digest>(&bytes).unwrap()), (32, digest));
    }
}
