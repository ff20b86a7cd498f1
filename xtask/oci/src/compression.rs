//! Compresses a layer. The bytes depend on the input alone: not on the number of threads, nor on the sizes of
//! the writes.

use std::io::{self, Write};
use std::thread;

use serde::Serialize;

use crate::MediaType;

/// States how a layer is compressed: one of the compressions of the OCI image spec (layer.md, media types).
///
/// ```
/// use lapstrake_oci::MediaType;
///
/// use lapstrake_oci::Compression;
///
/// assert_eq!(Compression::default(), Compression::Zstd);
/// assert_eq!(Compression::Gzip.media_type(), MediaType::ImageLayerGzip);
/// assert_eq!(Compression::None.identity(), "none");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Compression {
    /// zstd, level 3, with a checksum.
    #[default]
    Zstd,
    /// gzip, level 6, for readers without zstd.
    Gzip,
    /// Not compressed.
    None,
}

impl Compression {
    /// Returns what decides the bytes of a compressed layer, as a part of a cache key: the name, the level,
    /// and the version of the library if the library reports it.
    pub fn identity(self) -> String {
        match self {
            Self::Zstd => format!("zstd 3 of {}", zstd::zstd_safe::version_number()),
            Self::Gzip => "gzip 6".to_owned(),
            Self::None => "none".to_owned(),
        }
    }

    /// Returns the media type of a layer that is compressed so.
    pub fn media_type(self) -> MediaType {
        match self {
            Self::Zstd => MediaType::ImageLayerZstd,
            Self::Gzip => MediaType::ImageLayerGzip,
            Self::None => MediaType::ImageLayer,
        }
    }

    /// Returns a writer that compresses into `out`.
    ///
    /// Compressing with zstd takes as many threads as the machine has cores, at most 8.
    ///
    /// # Errors
    ///
    /// Fails if the library cannot allocate its memory or start its threads.
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// use lapstrake_oci::{Compression, Compressor};
    ///
    /// let mut writer: Compressor<Vec<u8>> = Compression::Zstd.writer(Vec::new())?;
    /// writer.write_all(&[0; 100_000])?;
    /// assert!(writer.finish()?.len() < 100);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn writer<W: Write>(self, out: W) -> io::Result<Compressor<W>> {
        let encoder = match self {
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(out, 3)?;
                // At least one worker: without workers, zstd splits its input differently and the bytes
                // differ.
                let workers = thread::available_parallelism().map_or(1, usize::from).min(8);
                encoder.multithread(u32::try_from(workers).unwrap_or(1))?;
                encoder.include_checksum(true)?;
                Encoder::Zstd(encoder)
            }
            Self::Gzip => {
                let gzip = flate2::GzBuilder::new().mtime(0).operating_system(255);
                Encoder::Gzip(gzip.write(out, flate2::Compression::new(6)))
            }
            Self::None => Encoder::None(out),
        };
        Ok(Compressor { block: Vec::with_capacity(BLOCK), encoder })
    }
}

/// Compresses what is written to it. The output is incomplete until [`Self::finish`] is called.
///
/// ```
/// use lapstrake_oci::{Compression, Compressor};
///
/// let writer: Compressor<Vec<u8>> = Compression::None.writer(Vec::new())?;
/// assert!(writer.finish()?.is_empty());
/// # std::io::Result::Ok(())
/// ```
pub struct Compressor<W: Write> {
    /// The input that is not a whole block yet. The encoders get whole blocks only, because they may split
    /// their output where their input is split.
    block: Vec<u8>,
    encoder: Encoder<W>,
}

enum Encoder<W: Write> {
    Zstd(zstd::Encoder<'static, W>),
    Gzip(flate2::write::GzEncoder<W>),
    None(W),
}

/// The size of a block of input in bytes.
const BLOCK: usize = 256 << 10;

impl<W: Write> Compressor<W> {
    /// Writes the rest of the compressed data, and returns the inner writer, which is not flushed.
    ///
    /// # Errors
    ///
    /// Fails if the inner writer does.
    pub fn finish(mut self) -> io::Result<W> {
        self.encoder.write_all(&self.block)?;
        match self.encoder {
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::None(out) => Ok(out),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK {
            self.encoder.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(taken)
    }

    /// Does nothing, because a flush of the encoder changes the bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Encoder<W> {
    fn write_all(&mut self, block: &[u8]) -> io::Result<()> {
        match self {
            Self::Zstd(encoder) => encoder.write_all(block),
            Self::Gzip(encoder) => encoder.write_all(block),
            Self::None(out) => out.write_all(block),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::Compression;

    /// Returns ten megabytes that compress somewhat.
    fn input() -> Vec<u8> {
        (0..10_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_number_of_threads() {
        let compress = |workers| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.multithread(workers).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(&input()).unwrap();
            encoder.finish().unwrap()
        };
        let one = compress(1);
        assert!(one == compress(2) && one == compress(5));
        let mut writer = Compression::Zstd.writer(Vec::new()).unwrap();
        writer.write_all(&input()).unwrap();
        assert!(one == writer.finish().unwrap());
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_sizes_of_the_writes() {
        for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
            let in_writes_of = |size| {
                let mut writer = compression.writer(Vec::new()).unwrap();
                input().chunks(size).for_each(|chunk| writer.write_all(chunk).unwrap());
                writer.finish().unwrap()
            };
            assert!(in_writes_of(512) == in_writes_of(1_000_003), "{compression:?}");
        }
    }
}
