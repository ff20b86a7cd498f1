//! Imports an archive that anybody may have written.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use super::BLOBS;
use crate::ArchiveError;
use crate::archive_error::MEMBERS_MAX;
use crate::layout_names::{INDEX, INDEX_MAX, LAYOUT};
use crate::tar::{Member, MemberKind, TarReader, escape_name};
use crate::{BlobError, Blobs, Decompressor, Digest};

const NAME_MAX: usize = 1024;
/// As in Linux (`path_resolution(7)`).
const LINKS_MAX: usize = 40;
const BUFFER: usize = 256 << 10;

/// Imports the blobs of an archive into `blobs`, and returns the archive's `index.json`, for
/// [`Manifests::parse`](crate::Manifests::parse).
///
/// The archive may be compressed with gzip or zstd, and its files may be hard or symbolic links to each other.
/// Every imported blob has the digest that its name states, and blobs that are there already are not read. A
/// file of another name is imported under its own digest, because a link may lead to it. Devices are an error,
/// and so are names and links that leave the archive.
///
/// The size of `index.json` is limited to 8 MiB, the number of members to 65,536, and the bytes that come out of a
/// compressed archive as [`Decompressor`] limits them. The number and sizes of blobs are not. Blobs are streamed,
/// not held in memory: at most 64 MiB of names are. [`Layout::archive`](crate::Layout::archive) shows an import.
///
/// # Errors
///
/// Fails if the tar cannot be read or a blob cannot be written, if a blob does not have the digest in its
/// name, if a member is a device or has a name or target outside of the archive, or if `index.json` is missing
/// or too large.
///
/// ```
/// # use lapstrake_oci::{ArchiveError, Blobs, import_archive};
/// let error = import_archive(&b"not a tar"[..], &Blobs::at("/nonexistent".into())).unwrap_err();
/// assert!(matches!(error, ArchiveError::Member(_)));
/// ```
pub fn import_archive(archive: impl Read, blobs: &Blobs) -> Result<Vec<u8>, ArchiveError> {
    let archive = BufReader::with_capacity(BUFFER, archive);
    let archive = Decompressor::new(archive).map_err(ArchiveError::Compressed)?.limited();
    let mut members = TarReader::new(BufReader::with_capacity(BUFFER, archive));
    let mut imported = Imported { blobs, index: None, files: BTreeMap::new(), links: BTreeMap::new() };
    let mut count = 0;
    while let Some(member) = members.next_member()? {
        count += 1;
        if count > MEMBERS_MAX {
            return Err(ArchiveError::Many { member: escape_name(&member.name) });
        }
        imported.take(&member, &mut members)?;
    }
    imported.check_links()?;
    imported.into_index()
}

/// The files that were read, by their names.
struct Imported<'a> {
    blobs: &'a Blobs,
    /// The content of `index.json`, unless it is a link.
    index: Option<Vec<u8>>,
    files: BTreeMap<String, (Digest, u64)>,
    /// The names of links, and the names that they lead to.
    links: BTreeMap<String, String>,
}

impl Imported<'_> {
    fn take(&mut self, member: &Member, mut content: impl Read) -> Result<(), ArchiveError> {
        let not_allowed = || ArchiveError::NotAllowed { member: escape_name(&member.name) };
        let name = below(&[], &member.name).ok_or_else(not_allowed)?;
        // The last of several members with one name is the file.
        self.files.remove(&name);
        self.links.remove(&name);
        if name == INDEX {
            self.index = None;
        }
        match member.kind {
            MemberKind::Directory => {}
            MemberKind::File if name == LAYOUT => {}
            MemberKind::File if name == INDEX => {
                if member.size > INDEX_MAX {
                    return Err(ArchiveError::LargeIndex { size: member.size });
                }
                let mut bytes = Vec::new();
                let read = content.read_to_end(&mut bytes);
                read.map_err(|source| ArchiveError::Content { member: name, source })?;
                self.index = Some(bytes);
            }
            MemberKind::File => {
                let file = self.file(&name, member, &mut content)?;
                self.files.insert(name, file);
            }
            MemberKind::Hardlink => {
                let target = below(&[], &member.link).ok_or_else(not_allowed)?;
                self.links.insert(name, target);
            }
            MemberKind::Symlink => {
                let folder: Vec<_> = name.split('/').collect();
                let (_, folder) = folder.split_last().ok_or_else(not_allowed)?;
                let target = below(folder, &member.link).ok_or_else(not_allowed)?;
                self.links.insert(name, target);
            }
            MemberKind::Device { .. } | MemberKind::Fifo => return Err(not_allowed()),
        }
        Ok(())
    }

    fn file(
        &self,
        name: &str,
        member: &Member,
        content: &mut impl Read,
    ) -> Result<(Digest, u64), ArchiveError> {
        let failed = |source| ArchiveError::Content { member: escape_name(&member.name), source };
        let stated = name.strip_prefix(BLOBS).and_then(Digest::of_hex);
        if let Some(digest) = stated.as_ref().filter(|digest| self.blobs.has(digest, member.size)) {
            return Ok((digest.clone(), member.size));
        }
        let mut writer = self.blobs.writer().map_err(failed)?;
        io::copy(content, &mut writer).map_err(failed)?;
        match stated {
            Some(digest) => {
                writer.finish_as(&digest, member.size)?;
                Ok((digest, member.size))
            }
            None => writer.finish().map_err(failed),
        }
    }

    /// Checks that each link that has the name of a blob leads to that blob.
    fn check_links(&self) -> Result<(), ArchiveError> {
        for name in self.links.keys() {
            let Some(digest) = name.strip_prefix(BLOBS).and_then(Digest::of_hex) else { continue };
            match self.find(name) {
                Some((found, _)) if *found == digest => {}
                Some((found, _)) => {
                    return Err(BlobError::Content { digest, found: found.clone() }.into());
                }
                None => return Err(ArchiveError::NotAllowed { member: escape_name(name.as_bytes()) }),
            }
        }
        Ok(())
    }

    fn find<'f>(&'f self, mut name: &'f str) -> Option<&'f (Digest, u64)> {
        for _ in 0..LINKS_MAX {
            match self.links.get(name) {
                Some(target) => name = target,
                None => return self.files.get(name),
            }
        }
        None
    }

    fn into_index(mut self) -> Result<Vec<u8>, ArchiveError> {
        if let Some(index) = self.index.take() {
            return Ok(index);
        }
        let (digest, size) = self.find(INDEX).ok_or(ArchiveError::NoIndex)?;
        if *size > INDEX_MAX {
            return Err(ArchiveError::LargeIndex { size: *size });
        }
        Ok(self.blobs.read(digest, *size)?)
    }
}

/// Returns a name as seen from a folder of the archive; none if it is outside of the archive.
fn below(folder: &[&str], name: &[u8]) -> Option<String> {
    let name =
        std::str::from_utf8(name).ok().filter(|name| name.len() <= NAME_MAX && !name.starts_with('/'))?;
    let mut found = folder.to_vec();
    for component in name.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(found.pop()?),
            _ => found.push(component),
        }
    }
    Some(found.join("/"))
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

    /// The last part of a member is its content, or the target of a link.
    fn tar(members: Entries<'_>) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (name, kind, rest) in members {
            let mut header = Header::new_ustar();
            header.set_entry_type(*kind);
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            let content = if is_link { "" } else { rest };
            if is_link {
                header.as_old_mut().linkname[..rest.len()].copy_from_slice(rest.as_bytes());
            }
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            header.set_device_major(1).unwrap();
            header.set_device_minor(3).unwrap();
            header.set_cksum();
            tar.append(&header, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    /// podman unpacks an archive before it reads it.
    #[test]
    fn an_archive_may_be_compressed_and_its_files_links_to_each_other() {
        let blob = format!("blobs/sha256/{}", Digest::of(b"abc").hex());
        let up = "../../layers/abc";
        let file = |name| (name, EntryType::Regular, "abc");
        let index = ("index.json", EntryType::Regular, "{}");
        let cases: [Entries<'_>; 4] = [
            &[index, file("layers/abc"), (&blob, EntryType::Link, "./layers/abc")],
            &[(&blob, EntryType::Symlink, up), ("layers/abc", EntryType::Link, "x"), file("x"), index],
            &[("index.json", EntryType::Symlink, "./i"), ("i", EntryType::Regular, "{}"), file(&blob)],
            &[index, (&blob, EntryType::Regular, "abd"), file("x"), (&blob, EntryType::Symlink, "../../x")],
        ];
        for members in &cases[..3] {
            let tar = tar(members);
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gzip, &tar).unwrap();
            let zstd = zstd::encode_all(tar.as_slice(), 3).unwrap();
            for archive in [tar, gzip.finish().unwrap(), zstd] {
                let (_scratch, layout) = scratch();
                assert_eq!(import_archive(archive.as_slice(), layout.blobs()).unwrap(), b"{}");
                assert!(layout.blobs().has(&Digest::of(b"abc"), 3));
            }
        }
        let (_scratch, layout) = scratch();
        import_archive(tar(cases[3]).as_slice(), layout.blobs()).unwrap_err();
    }

    #[test]
    fn more_members_than_an_archive_needs_are_refused() {
        let member = &tar(&[("x", EntryType::Directory, "")])[..512];
        let archive = member.repeat(super::MEMBERS_MAX + 1);
        let (_scratch, layout) = scratch();
        let error = import_archive(archive.as_slice(), layout.blobs()).unwrap_err();
        assert_eq!(error.to_string(), "member `x` is one too many: an OCI archive has at most 65536");
    }

    #[test]
    fn members_that_an_image_does_not_need_are_refused() {
        let digest = Digest::of(b"abc");
        let blob = format!("blobs/sha256/{}", digest.hex());
        let index = ("index.json", EntryType::Regular, "{}");
        let cases: [(Entries<'_>, String); 11] = [
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
                &[index, (&blob, EntryType::Symlink, "../../../x")],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Symlink, "/etc/passwd")],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Link, "gone")],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Link, "other"), ("other", EntryType::Link, &blob)],
                format!("member `{blob}` is not allowed in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Link, "other"), ("other", EntryType::Regular, "abd")],
                format!("blob `{digest}` has content with the digest `{}`", Digest::of(b"abd")),
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
            let blobs = Blobs::open(&Utf8Path::from_path(scratch.path()).unwrap().join("imported")).unwrap();
            let error = import_archive(tar(members).as_slice(), &blobs).unwrap_err();
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
