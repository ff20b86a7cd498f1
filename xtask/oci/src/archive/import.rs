//! Imports an archive that anybody may have written.

use std::io::{self, Read};

use super::{ArchiveError, BLOBS};
use crate::layout::{INDEX, INDEX_MAX};
use crate::tar::{MemberKind, TarReader, escape_name};
use crate::{BlobError, Blobs, Digest};

/// Imports the blobs of an archive into `blobs`, and returns the archive's `index.json`, for
/// [`Manifests::parse`](crate::Manifests::parse).
///
/// Every imported blob has the digest that its name states. Blobs that are there already are not read, and
/// files that are neither a blob nor the index are skipped. Anything but files and directories is an error,
/// and so are names that leave the archive.
///
/// The size of `index.json` is limited to 8 MiB; the number and sizes of blobs are not. Blobs are streamed,
/// not held in memory. [`Layout::archive`](crate::Layout::archive) shows an import.
///
/// # Errors
///
/// Fails if the tar cannot be read or a blob cannot be written, if a blob does not have the digest in its
/// name, if a member is neither a file nor a directory or has a name outside of the archive, or if
/// `index.json` is missing or too large.
///
/// ```
/// # use lapstrake_oci::{ArchiveError, Blobs, import_archive};
/// let error = import_archive(&b"not a tar"[..], &Blobs::at("/nonexistent".into())).unwrap_err();
/// assert!(matches!(error, ArchiveError::Member(_)));
/// ```
pub fn import_archive(archive: impl Read, blobs: &Blobs) -> Result<Vec<u8>, ArchiveError> {
    let mut members = TarReader::new(archive);
    let mut index = None;
    while let Some(member) = members.next_member()? {
        let shown = || escape_name(&member.name);
        let not_allowed = || ArchiveError::NotAllowed { member: shown() };
        let name = std::str::from_utf8(&member.name).map_err(|_| not_allowed())?;
        let name = name.strip_prefix("./").unwrap_or(name);
        let content = |source| ArchiveError::Content { member: shown(), source };
        match member.kind {
            _ if name.starts_with('/') || name.split('/').any(|component| component == "..") => {
                return Err(not_allowed());
            }
            MemberKind::Directory => {}
            MemberKind::File if name == INDEX => {
                if member.size > INDEX_MAX {
                    return Err(ArchiveError::LargeIndex { size: member.size });
                }
                let mut bytes = Vec::new();
                members.read_to_end(&mut bytes).map_err(content)?;
                index = Some(bytes);
            }
            MemberKind::File => {
                let Some(digest) = name.strip_prefix(BLOBS).and_then(Digest::of_hex) else { continue };
                if blobs.has(&digest, member.size) {
                    continue;
                }
                let mut writer =
                    blobs.writer().map_err(|source| BlobError::Write { digest: digest.clone(), source })?;
                io::copy(&mut members, &mut writer).map_err(content)?;
                writer.finish_as(&digest, member.size)?;
            }
            _ => return Err(not_allowed()),
        }
    }
    index.ok_or(ArchiveError::NoIndex)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8Path;
    use tar::{Builder, EntryType, Header};

    use crate::{ArchiveError, Blobs, Digest, Layout, import_archive};

    fn scratch() -> (tempfile::TempDir, Layout) {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::create_or_open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        (scratch, layout)
    }

    type Entries<'a> = &'a [(&'a str, EntryType, &'a str)];

    #[test]
    fn members_that_an_image_does_not_need_are_refused() {
        let digest = Digest::of(b"abc");
        let blob = format!("blobs/sha256/{}", digest.hex());
        let index = ("index.json", EntryType::Regular, "{}");
        let cases: [(Entries<'_>, String); 8] = [
            (&[("oci-layout", EntryType::Regular, "{}")], "the archive has no `index.json`".to_owned()),
            (
                &[index, (&blob, EntryType::Regular, "abd")],
                format!("blob `{digest}` has content with the digest `{}`", Digest::of(b"abd")),
            ),
            (
                &[index, ("../x", EntryType::Regular, "x")],
                "member `../x` is not allowed in an OCI archive".to_owned(),
            ),
            (
                &[index, ("/x", EntryType::Regular, "x")],
                "member `/x` is not allowed in an OCI archive".to_owned(),
            ),
            (
                &[index, (&blob, EntryType::Symlink, "")],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Link, "")],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, ("null", EntryType::Char, "")],
                "member `null` is not allowed in an OCI archive".to_owned(),
            ),
            (
                &[index, ("x", EntryType::GNUSparse, "")],
                "member `x` has the type `S`, which is not allowed in a layer".to_owned(),
            ),
        ];
        for (members, expected) in cases {
            let (scratch, _) = scratch();
            let mut tar = Builder::new(Vec::new());
            for (name, kind, content) in members {
                let mut header = Header::new_ustar();
                header.set_entry_type(*kind);
                header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
                header.set_size(content.len() as u64);
                header.set_mode(0o644);
                header.set_uid(0);
                header.set_gid(0);
                header.set_device_major(1).unwrap();
                header.set_device_minor(3).unwrap();
                header.set_cksum();
                tar.append(&header, content.as_bytes()).unwrap();
            }
            let blobs = Blobs::open(&Utf8Path::from_path(scratch.path()).unwrap().join("imported")).unwrap();
            let error = import_archive(tar.into_inner().unwrap().as_slice(), &blobs).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn an_archive_that_ends_within_a_blob_is_refused() {
        let (scratch, layout) = scratch();
        let mut header = Header::new_ustar();
        let name = format!("blobs/sha256/{}", Digest::of(b"abc").hex());
        header.set_path(&name).unwrap();
        header.set_size(1 << 40);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        let error = import_archive(header.as_bytes().as_slice(), layout.blobs()).unwrap_err();
        assert!(matches!(error, ArchiveError::Content { .. }), "{error}");
        assert_eq!(fs::read_dir(scratch.path().join("blobs/sha256")).unwrap().count(), 0);
    }
}
