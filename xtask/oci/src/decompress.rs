//! A layer's bytes as the tar they hold. What they are compressed with they say themselves, as podman
//! has it: media types have been known to be wrong.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// Reads what was compressed with gzip or zstd, of several members or frames too, or with nothing.
pub enum Decompressor<R: BufRead> {
    Gzip(Box<MultiGzDecoder<R>>),
    Zstd(zstd::Decoder<'static, R>),
    Plain(R),
}

impl<R: BufRead> Decompressor<R> {
    pub fn new(mut compressed: R) -> io::Result<Self> {
        Ok(match compressed.fill_buf()? {
            [0x1f, 0x8b, ..] => Self::Gzip(Box::new(MultiGzDecoder::new(compressed))),
            // A frame of zstd, or one to be skipped (RFC 8878), which zstd:chunked may begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Zstd(zstd::Decoder::with_buffer(compressed)?)
            }
            _ => Self::Plain(compressed),
        })
    }
}

impl<R: BufRead> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Plain(reader) => reader.read(buffer),
        }
    }
}
