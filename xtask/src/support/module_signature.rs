//! The signature at the end of a kernel module, as `sign-file` of the kernel appends it (the kernel's `module_signature.h`): PKCS #7, twelve
//! bytes with its length, and a magic text. Which keys a kernel trusts is not known from a module.

use std::io::{self, Read, Seek, SeekFrom};

use lapstrake_oci::Decompressor;

use super::der::value;

/// What starts a module that is not compressed.
const ELF: &[u8] = b"\x7fELF";

/// What ends a module that is signed.
const MAGIC: &[u8] = b"~Module signature appended~\n";
/// The kind of the signature, and its length, before the magic text.
const INFORMATION: usize = 12;
const PKCS7: u8 = 2;
/// A signature with a certificate is shorter, in bytes.
const SIGNATURE_MAX: u64 = 1 << 20;
/// The content type of PKCS #7's signed data: 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// Returns whether a module ends with a signature that has a signer.
pub(crate) fn is_signed(mut module: impl Read + Seek) -> io::Result<bool> {
    let length = module.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(SIGNATURE_MAX);
    module.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    module.take(SIGNATURE_MAX).read_to_end(&mut end)?;
    Ok(ends_with_signature(&end))
}

/// Returns the same of the last bytes of a module.
pub(crate) fn ends_with_signature(end: &[u8]) -> bool {
    let signature = || {
        let rest = end.strip_suffix(MAGIC)?;
        let (rest, information) = rest.split_at_checked(rest.len().checked_sub(INFORMATION)?)?;
        let [_, _, PKCS7, 0, 0, 0, 0, 0, length @ ..] = information else { return None };
        let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        rest.get(rest.len().checked_sub(length)?..)
    };
    signature().is_some_and(|signature| has_signer(signature).unwrap_or(false))
}

/// Returns whether an ELF file, which gzip or zstd may have compressed, ends without a signature. A file that can't be
/// decompressed is not judged.
pub(crate) fn lacks_signature(file: &[u8]) -> bool {
    if file.starts_with(ELF) {
        return !ends_with_signature(file);
    }
    let end = || {
        let mut module = Decompressor::new(file).ok().filter(|module| !module.is_wide())?.limited();
        // The start is looked at first, because most compressed files are not modules.
        let mut end = Vec::new();
        module.by_ref().take(ELF.len() as u64).read_to_end(&mut end).ok()?;
        if end != ELF {
            return None;
        }
        let most = usize::try_from(SIGNATURE_MAX).ok()?;
        while module.by_ref().take(SIGNATURE_MAX).read_to_end(&mut end).ok()? > 0 {
            end.drain(..end.len().saturating_sub(most));
        }
        Some(end)
    };
    end().is_some_and(|end| !ends_with_signature(&end))
}

/// Whether signed data ends with a set of signers that is not empty.
fn has_signer(signature: &[u8]) -> Option<bool> {
    let ((0x30, content), []) = value(signature)? else { return None };
    let ((0x06, SIGNED_DATA), content) = value(content)? else { return None };
    let ((0xa0, content), _) = value(content)? else { return None };
    let ((0x30, mut rest), _) = value(content)? else { return None };
    let mut last = (0, rest);
    while !rest.is_empty() {
        (last, rest) = value(rest)?;
    }
    let ((0x30, signer), _) = value(last.1)? else { return None };
    Some(last.0 == 0x31 && !signer.is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use lapstrake_oci::Compression;

    use super::*;

    /// By sign-file of Linux 6.1.
    const SIGNED: &[u8] = include_bytes!("../../fuzz/corpus/module/signed.ko");

    #[test]
    fn a_module_that_sign_file_has_signed_is_signed() {
        assert!(is_signed(Cursor::new(SIGNED)).unwrap());
        let large = [vec![0; 3 << 20], SIGNED.to_vec()].concat();
        assert!(is_signed(Cursor::new(large)).unwrap());
    }

    #[test]
    fn what_gzip_or_zstd_compresses_is_judged_by_its_content() {
        let module = |length: usize, end: &[u8]| [b"\x7fELF", vec![7; length].as_slice(), end].concat();
        for length in [1, 3 << 20] {
            let (signed, unsigned) = (module(length, SIGNED), module(length, b""));
            assert!(!lacks_signature(&signed) && lacks_signature(&unsigned));
            for compression in [Compression::Gzip, Compression::Zstd] {
                let compressed = |module: &[u8]| {
                    let mut writer = compression.writer(Vec::new()).unwrap();
                    writer.write_all(module).unwrap();
                    writer.finish().unwrap()
                };
                // Nothing compresses a real module so well that it would be taken for a bomb.
                if length == 1 {
                    assert!(lacks_signature(&compressed(&unsigned)), "{compression:?}");
                    assert!(!lacks_signature(&compressed(&unsigned)[..9]), "it is cut");
                }
                assert!(!lacks_signature(&compressed(&signed)), "{compression:?}");
                assert!(!lacks_signature(&compressed(b"a text")));
            }
        }
        assert!(!lacks_signature(b"") && !lacks_signature(b"\xfd7zXZ\0 radar"));
    }

    #[test]
    fn a_cut_or_changed_trailer_is_not_a_signature() {
        assert!(!is_signed(Cursor::new(b"")).unwrap());
        assert!(!is_signed(Cursor::new(MAGIC)).unwrap());
        for end in [1, MAGIC.len(), MAGIC.len() + 1, MAGIC.len() + INFORMATION] {
            assert!(!ends_with_signature(&SIGNED[..SIGNED.len() - end]), "{end}");
        }
        let unsigned = b"a module\n".len();
        for start in unsigned + 1..SIGNED.len() {
            assert!(!ends_with_signature(&SIGNED[start..]), "{start}");
        }
        let trailer = SIGNED.len() - MAGIC.len() - INFORMATION;
        for at in (trailer + 2..trailer + INFORMATION).chain([unsigned, unsigned + 6]) {
            let mut changed = SIGNED.to_vec();
            changed[at] ^= 1;
            assert!(!ends_with_signature(&changed), "{at}");
        }
    }
}
