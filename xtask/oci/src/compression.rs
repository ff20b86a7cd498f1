//! How a layer is compressed. The bytes depend on the input alone: not on the number of threads, nor on
//! how it is cut into writes.

use std::io::{self, Write};
use std::thread;

use serde::Serialize;

use crate::MediaType;

/// The compressions of the OCI image spec (layer.md, media types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Plain zstd, level 3.
    #[default]
    Zstd,
    /// gzip, level 6, for readers that know no zstd.
    Gzip,
    /// Not compressed.
    None,
}

impl Compression {
    /// What decides the bytes: name, level, and the library where it tells its version.
    pub fn identity(self) -> String {
        match self {
            Self::Zstd => format!("zstd 3 of {}", zstd::zstd_safe::version_number()),
            Self::Gzip => "gzip 6".to_owned(),
            Self::None => "none".to_owned(),
        }
    }

    pub fn media_type(self) -> MediaType {
        match self {
            Self::Zstd => MediaType::ImageLayerZstd,
            Self::Gzip => MediaType::ImageLayerGzip,
            Self::None => MediaType::ImageLayer,
        }
    }

    /// A writer that compresses into `out`.
    pub fn writer<W: Write>(self, out: W) -> io::Result<Compressor<W>> {
        let encoder = match self {
            Self::Zstd => {
                let mut encoder = zstd::Encoder::new(out, 3)?;
                // At least one worker: with none, zstd cuts its input otherwise and the bytes differ.
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

/// A writer that compresses; it must be finished.
pub struct Compressor<W: Write> {
    /// What is not yet a whole block: compressors may cut their output where their input is cut.
    block: Vec<u8>,
    encoder: Encoder<W>,
}

enum Encoder<W: Write> {
    Zstd(zstd::Encoder<'static, W>),
    Gzip(flate2::write::GzEncoder<W>),
    None(W),
}

/// In bytes.
const BLOCK: usize = 256 << 10;

impl<W: Write> Compressor<W> {
    /// Writes what is left, and gives the inner writer back.
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

    /// Does nothing: a flush would show in the bytes.
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

    /// Ten megabytes that neither compress to nothing nor not at all.
    fn input() -> Vec<u8> {
        (0..10_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    #[test]
    fn the_number_of_threads_does_not_show() {
        let compress = |workers| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
            encoder.multithread(workers).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(&input()).unwrap();
            encoder.finish().unwrap()
        };
        let one = compress(1);
        assert!(one == compress(2) && one == compress(5));
        let mut ours = Compression::Zstd.writer(Vec::new()).unwrap();
        ours.write_all(&input()).unwrap();
        assert!(one == ours.finish().unwrap());
    }

    #[test]
    fn how_the_input_is_cut_does_not_show() {
        for compression in [Compression::Zstd, Compression::Gzip, Compression::None] {
            let cut = |size| {
                let mut writer = compression.writer(Vec::new()).unwrap();
                input().chunks(size).for_each(|chunk| writer.write_all(chunk).unwrap());
                writer.finish().unwrap()
            };
            assert!(cut(512) == cut(1_000_003), "{compression:?}");
        }
    }
}
