//! Decompresses a layer. The first bytes decide the format, as in podman, because media types may be wrong.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// What a limited reader gives at most: so many bytes, and so many for each compressed byte. Layers of programs
/// and texts have 2 to 5 for each.
const LIMIT: u64 = 2 << 30;
const RATIO_MAX: u64 = 32;
/// A zstd window of more than so many bytes is wide. Encoders use 8 MiB, and at their best levels 32 MiB.
const WIDE: u64 = 32 << 20;
/// The largest windows of a frame, as powers of two.
const WINDOW_LOG: u32 = 25;
const WIDE_WINDOW_LOG: u32 = 27;

/// Reads the content of data that is compressed with gzip or zstd, or not at all. Several gzip members or
/// zstd frames in a row are read as one.
///
/// The amount of decompressed data is limited only by [`limited`](Self::limited). Memory is limited by the
/// formats' windows: 32 KiB for gzip, 32 MiB for zstd, and 128 MiB for zstd data that is
/// [wide](Self::is_wide). A zstd frame with a larger window is an error.
///
/// ```
/// use std::io::{Read, Write};
///
/// use lapstrake_oci::{Compression, Decompressor};
///
/// let mut writer = Compression::Gzip.writer(Vec::new())?;
/// writer.write_all(b"content")?;
/// let mut content = String::new();
/// Decompressor::new(writer.finish()?.as_slice())?.read_to_string(&mut content)?;
/// assert_eq!(content, "content");
/// # std::io::Result::Ok(())
/// ```
pub struct Decompressor<R: BufRead> {
    decoder: Decoder<R>,
    is_wide: bool,
    is_limited: bool,
    /// The bytes that were read so far.
    given: u64,
}

enum Decoder<R: BufRead> {
    Gzip(Box<MultiGzDecoder<Counted<R>>>),
    Zstd(zstd::Decoder<'static, Counted<R>>),
    Plain(R),
}

/// Counts the compressed bytes that a decoder took.
struct Counted<R> {
    inner: R,
    taken: u64,
}

impl<R: BufRead> Decompressor<R> {
    /// Returns a reader of the content of `compressed`.
    ///
    /// # Errors
    ///
    /// Fails if the first bytes cannot be read.
    pub fn new(mut compressed: R) -> io::Result<Self> {
        let mut is_wide = false;
        let decoder = match compressed.fill_buf()? {
            [0x1f, 0x8b, ..] => {
                Decoder::Gzip(Box::new(MultiGzDecoder::new(Counted { inner: compressed, taken: 0 })))
            }
            // A zstd frame, or a skippable frame (RFC 8878), with which zstd:chunked may begin.
            start @ ([0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) => {
                is_wide = window(start).is_none_or(|window| window > WIDE);
                let mut decoder = zstd::Decoder::with_buffer(Counted { inner: compressed, taken: 0 })?;
                decoder.window_log_max(if is_wide { WIDE_WINDOW_LOG } else { WINDOW_LOG })?;
                Decoder::Zstd(decoder)
            }
            _ => Decoder::Plain(compressed),
        };
        Ok(Self { decoder, is_wide, is_limited: false, given: 0 })
    }

    /// Limits what is read: 2 GiB, and 32 bytes for each compressed byte. More is an error, because 364 KB of zstd
    /// can have the content of 10 GB. Data that is not compressed has no limit.
    ///
    /// ```
    /// # use std::io::Read;
    /// # use lapstrake_oci::Decompressor;
    /// let mut content = Vec::new();
    /// Decompressor::new(&b"content"[..])?.limited().read_to_end(&mut content)?;
    /// assert_eq!(content, b"content");
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn limited(self) -> Self {
        Self { is_limited: true, ..self }
    }

    /// Returns whether it may need 128 MiB of memory: zstd data whose first frame has a window of more than
    /// 32 MiB, or is skippable and states none.
    ///
    /// ```
    /// # use lapstrake_oci::Decompressor;
    /// assert!(!Decompressor::new(&b"content"[..])?.is_wide());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_wide(&self) -> bool {
        self.is_wide
    }

    fn taken(&self) -> Option<u64> {
        match &self.decoder {
            Decoder::Gzip(decoder) => Some(decoder.get_ref().taken),
            Decoder::Zstd(decoder) => Some(decoder.get_ref().taken),
            Decoder::Plain(_) => None,
        }
    }
}

/// Returns the window that the header of a zstd frame states (RFC 8878, 3.1.1.1).
fn window(frame: &[u8]) -> Option<u64> {
    let (&descriptor, fields) = frame.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?.split_first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    if !is_single_segment {
        let window = *fields.first()?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // The window is the content, whose size is after the dictionary's id.
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = fields.get(dictionary..dictionary + [1, 2, 4, 8][usize::from(descriptor >> 6)])?;
    let mut bytes = [0; 8];
    bytes[..size.len()].copy_from_slice(size);
    Some(u64::from_le_bytes(bytes))
}

impl<R: BufRead> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.decoder {
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
            Decoder::Plain(reader) => reader.read(buffer),
        }?;
        self.given += count as u64;
        let limit = self.taken().map(|taken| LIMIT.saturating_add(taken.saturating_mul(RATIO_MAX)));
        if self.is_limited && limit.is_some_and(|limit| self.given > limit) {
            let message = "it decompresses to more than 2 GiB and 32 times its size";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(count)
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken += count as u64;
        self.inner.consume(count);
    }
}

impl<R: BufRead> fmt::Debug for Decompressor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.decoder {
            Decoder::Gzip(_) => "gzip",
            Decoder::Zstd(_) => "zstd",
            Decoder::Plain(_) => "none",
        };
        f.debug_tuple("Decompressor").field(&format).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::Decompressor;

    fn zstd(content: impl Read, window_log: u32) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        io::copy(&mut { content }, &mut encoder).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_window_that_needs_much_memory_is_known_before_it_is_read() {
        let content = || io::repeat(7).take(9 << 20);
        for (window_log, is_wide) in [(20, false), (25, false), (26, true), (27, true)] {
            let compressed = zstd(content(), window_log);
            let mut decompressor = Decompressor::new(compressed.as_slice()).unwrap();
            assert_eq!(decompressor.is_wide(), is_wide, "{window_log}");
            assert_eq!(io::copy(&mut decompressor, &mut io::sink()).unwrap(), 9 << 20);
        }
        // zstd states the size of the content, and no window, where it knows it.
        let known = zstd::bulk::compress(&vec![7; 33 << 20], 1).unwrap();
        assert!(Decompressor::new(known.as_slice()).unwrap().is_wide() || known[4] & 0x20 == 0);
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9][..], &zstd(content(), 20)].concat();
        let mut decompressor = Decompressor::new(skippable.as_slice()).unwrap();
        assert!(decompressor.is_wide());
        assert_eq!(io::copy(&mut decompressor, &mut io::sink()).unwrap(), 9 << 20);
        // A wide frame behind one that is not.
        let hidden = [zstd(content(), 20), zstd(content(), 27)].concat();
        let mut decompressor = Decompressor::new(hidden.as_slice()).unwrap();
        assert!(!decompressor.is_wide());
        io::copy(&mut decompressor, &mut io::sink()).unwrap_err();
        let larger = zstd(content(), 28);
        io::copy(&mut Decompressor::new(larger.as_slice()).unwrap(), &mut io::sink()).unwrap_err();
    }
}
