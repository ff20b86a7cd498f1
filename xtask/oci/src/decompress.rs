//! Decompresses a layer. The first bytes decide the format, as in podman, because media types may be wrong.

use std::fmt;
use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// Reads the content of data that is compressed with gzip or zstd, or not at all. Several gzip members or
/// zstd frames in a row are read as one.
///
/// The amount of decompressed data is not limited: the caller stops reading. Memory is limited by the
/// formats' windows, 32 KiB for gzip and 128 MiB for zstd; a zstd frame with a larger window is an error.
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
pub struct Decompressor<R: BufRead>(Decoder<R>);

enum Decoder<R: BufRead> {
    Gzip(Box<MultiGzDecoder<R>>),
    Zstd(zstd::Decoder<'static, R>),
    Plain(R),
}

impl<R: BufRead> Decompressor<R> {
    /// Returns a reader of the content of `compressed`.
    ///
    /// # Errors
    ///
    /// Fails if the first bytes cannot be read.
    pub fn new(mut compressed: R) -> io::Result<Self> {
        Ok(Self(match compressed.fill_buf()? {
            [0x1f, 0x8b, ..] => Decoder::Gzip(Box::new(MultiGzDecoder::new(compressed))),
            // A zstd frame, or a skippable frame (RFC 8878), with which zstd:chunked may begin.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Decoder::Zstd(zstd::Decoder::with_buffer(compressed)?)
            }
            _ => Decoder::Plain(compressed),
        }))
    }
}

impl<R: BufRead> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Decoder::Gzip(decoder) => decoder.read(buffer),
            Decoder::Zstd(decoder) => decoder.read(buffer),
            Decoder::Plain(reader) => reader.read(buffer),
        }
    }
}

impl<R: BufRead> fmt::Debug for Decompressor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.0 {
            Decoder::Gzip(_) => "gzip",
            Decoder::Zstd(_) => "zstd",
            Decoder::Plain(_) => "none",
        };
        f.debug_tuple("Decompressor").field(&format).finish()
    }
}
