//! `oci-archive:`: a layout in a tar file. Written so that the same image is the same file; read as
//! something that anybody may have written.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;

use crate::layout::{INDEX, LAYOUT, LAYOUT_VERSION};
use crate::tar::{MemberError, Members, shown};
use crate::{
    BlobError, Blobs, Descriptor, Digest, DigestError, HashingReader, Index, Layout, LayoutError, Manifest,
    MediaType, canonical,
};

const BLOBS: &str = "blobs/sha256/";
/// An `index.json` larger than this is refused, in bytes.
const INDEX_MAX: u64 = 8 << 20;
/// Documents that lead to documents: an index, its indexes, their manifests.
const DEPTH_MAX: usize = 4;

/// An archive can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("blob `{digest}` is not the document it should be")]
    Document { digest: Digest, source: serde_json::Error },
    #[error("JSON can't be made")]
    Json(#[source] serde_json::Error),
    #[error("a descriptor has no usable digest")]
    Digest(#[from] DigestError),
    #[error("blob `{digest}` is an index within indexes, too deep to be followed")]
    Deep { digest: Digest },
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error("member `{member}` has no place in an OCI archive")]
    Odd { member: String },
    #[error("member `{member}` can't be read")]
    Content { member: String, source: io::Error },
    #[error("the archive has no `{INDEX}`")]
    NoIndex,
    #[error("the archive's `{INDEX}` is not the document it should be")]
    Index(#[source] serde_json::Error),
    #[error("the archive's `{INDEX}` has {size} bytes; at most {INDEX_MAX} are read")]
    LargeIndex { size: u64 },
}

impl Layout {
    /// Writes the image of a tag to an archive, whole or not at all. The bytes depend on the image alone.
    pub fn archive(&self, tag: &str, file: &Utf8Path) -> Result<(), LayoutError> {
        let manifests = self.manifests()?;
        let descriptor = manifests.find(Some(tag), None)?;
        write(self.blobs(), descriptor, file)
            .map_err(|source| LayoutError::Archive { tag: tag.to_owned(), source })
    }
}

fn write(from: &Blobs, image: &Descriptor, file: &Utf8Path) -> Result<(), ArchiveError> {
    let mut blobs = BTreeMap::new();
    reachable(from, image, 0, &mut blobs)?;
    let index = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::ImageIndex.to_string(),
        "manifests": [serde_json::to_value(image).map_err(ArchiveError::Json)?],
    });
    let index = canonical(&index).map_err(ArchiveError::Json)?;
    let layout = canonical(&json!({ "imageLayoutVersion": LAYOUT_VERSION })).map_err(ArchiveError::Json)?;

    let failed = |source| ArchiveError::Write { path: file.to_owned(), source };
    let beside = file.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    fs::create_dir_all(beside).map_err(failed)?;
    let out = tempfile::Builder::new().prefix(".archive-").tempfile_in(beside).map_err(failed)?;
    let mut tar = Builder::new(BufWriter::with_capacity(256 << 10, out));
    for directory in ["blobs/", BLOBS] {
        append(&mut tar, directory, EntryType::Directory, 0, io::empty()).map_err(failed)?;
    }
    for (digest, size) in &blobs {
        let mut reader = HashingReader::new(from.reader(digest, *size)?.take(*size));
        append(&mut tar, &format!("{BLOBS}{}", digest.hex()), EntryType::Regular, *size, &mut reader)
            .map_err(failed)?;
        let found = reader.finish();
        if found != *digest {
            return Err(BlobError::Content { digest: digest.clone(), found }.into());
        }
    }
    append(&mut tar, INDEX, EntryType::Regular, index.len() as u64, index.as_slice()).map_err(failed)?;
    append(&mut tar, LAYOUT, EntryType::Regular, layout.len() as u64, layout.as_slice()).map_err(failed)?;
    let finish = || -> io::Result<()> {
        let out: NamedTempFile = tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        out.as_file().set_permissions(Permissions::from_mode(0o644))?;
        out.persist(file).map_err(|error| error.error)?;
        Ok(())
    };
    finish().map_err(failed)
}

fn append(
    tar: &mut Builder<impl Write>,
    name: &str,
    kind: EntryType,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    tar.append_data(&mut header, name, content)
}

/// Every blob that an image is made of, itself first.
fn reachable(
    from: &Blobs,
    descriptor: &Descriptor,
    depth: usize,
    found: &mut BTreeMap<Digest, u64>,
) -> Result<(), ArchiveError> {
    let digest = descriptor.parse_digest()?;
    if depth > DEPTH_MAX {
        return Err(ArchiveError::Deep { digest });
    }
    found.insert(digest.clone(), descriptor.size);
    let document = |source| ArchiveError::Document { digest: digest.clone(), source };
    match &descriptor.media_type {
        MediaType::ImageManifest => {
            let bytes = from.read(&digest, descriptor.size)?;
            let manifest: Manifest = serde_json::from_slice(&bytes).map_err(document)?;
            for part in manifest.parts() {
                found.insert(part.parse_digest()?, part.size);
            }
        }
        MediaType::ImageIndex => {
            let bytes = from.read(&digest, descriptor.size)?;
            let index: Index = serde_json::from_slice(&bytes).map_err(document)?;
            for part in &index.manifests {
                reachable(from, part, depth + 1, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Takes every blob of an archive into `blobs`, each verified, and gives its `index.json`.
pub fn import(archive: impl Read, blobs: &Blobs) -> Result<Vec<u8>, ArchiveError> {
    let mut members = Members::new(archive);
    let (mut index, mut before) = (None, String::from("the beginning"));
    while let Some(member) = members.next(&before)? {
        before = shown(&member.name);
        let name = std::str::from_utf8(&member.name).unwrap_or("..");
        let name = name.strip_prefix("./").unwrap_or(name);
        let content = |source| ArchiveError::Content { member: before.clone(), source };
        match member.kind {
            _ if name.starts_with('/') || name.split('/').any(|component| component == "..") => {
                return Err(ArchiveError::Odd { member: before });
            }
            EntryType::Directory => {}
            EntryType::Regular if name == INDEX => {
                if member.size > INDEX_MAX {
                    return Err(ArchiveError::LargeIndex { size: member.size });
                }
                let mut bytes = Vec::new();
                members.read_to_end(&mut bytes).map_err(content)?;
                index = Some(bytes);
            }
            EntryType::Regular => {
                let Some(digest) = name.strip_prefix(BLOBS).and_then(Digest::of_hex) else { continue };
                if blobs.has(&digest, member.size) {
                    continue;
                }
                let mut writer =
                    blobs.writer().map_err(|source| BlobError::Write { digest: digest.clone(), source })?;
                io::copy(&mut members, &mut writer).map_err(content)?;
                writer.finish_as(&digest, member.size)?;
            }
            _ => return Err(ArchiveError::Odd { member: before }),
        }
    }
    index.ok_or(ArchiveError::NoIndex)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::Utf8Path;
    use tar::{Builder, EntryType, Header};

    use super::{ArchiveError, import};
    use crate::{Blobs, Descriptor, Digest, Layout, Manifests, MediaType};

    fn scratch() -> (tempfile::TempDir, Layout) {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::create_or_open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        (scratch, layout)
    }

    #[test]
    fn an_image_goes_through_an_archive_unchanged() {
        let (scratch, layout) = scratch();
        let put = |media_type, bytes: &[u8]| {
            let (digest, size) = layout.blobs().put(bytes).unwrap();
            Descriptor::new(media_type, size, &digest)
        };
        let config = serde_json::to_string(&put(MediaType::ImageConfig, b"{}")).unwrap();
        let layer = serde_json::to_string(&put(MediaType::ImageLayer, &[7; 3000])).unwrap();
        let manifest = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]}}"#);
        layout.tag("x", &put(MediaType::ImageManifest, manifest.as_bytes())).unwrap();
        layout.blobs().put(b"not of this image").unwrap();

        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let (one, two) = (root.join("one.tar"), root.join("new/two.tar"));
        layout.archive("x", &one).unwrap();
        layout.archive("x", &two).unwrap();
        assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap());

        let blobs = Blobs::open(&root.join("imported")).unwrap();
        let index = import(fs::File::open(&one).unwrap(), &blobs).unwrap();
        assert_eq!(Manifests::parse(&index).unwrap(), layout.manifests().unwrap());
        assert_eq!(fs::read_dir(root.join("imported/blobs/sha256")).unwrap().count(), 3);
    }

    type Members<'a> = &'a [(&'a str, EntryType, &'a str)];

    #[test]
    fn what_has_no_place_in_an_archive_is_refused() {
        let digest = Digest::of(b"abc");
        let blob = format!("blobs/sha256/{}", digest.hex());
        let index = ("index.json", EntryType::Regular, "{}");
        let cases: [(Members<'_>, String); 8] = [
            (&[("oci-layout", EntryType::Regular, "{}")], "the archive has no `index.json`".to_owned()),
            (
                &[index, (&blob, EntryType::Regular, "abd")],
                format!("blob `{digest}` holds other bytes, with the digest `{}`", Digest::of(b"abd")),
            ),
            (
                &[index, ("../x", EntryType::Regular, "x")],
                "member `../x` has no place in an OCI archive".to_owned(),
            ),
            (
                &[index, ("/x", EntryType::Regular, "x")],
                "member `/x` has no place in an OCI archive".to_owned(),
            ),
            (
                &[index, (&blob, EntryType::Symlink, "")],
                format!("member `{blob}` has no place in an OCI archive"),
            ),
            (
                &[index, (&blob, EntryType::Link, "")],
                format!("member `{blob}` has no place in an OCI archive"),
            ),
            (
                &[index, ("null", EntryType::Char, "")],
                "member `null` has no place in an OCI archive".to_owned(),
            ),
            (
                &[index, ("x", EntryType::GNUSparse, "")],
                "member `x` has the type `S`, which no layer may hold".to_owned(),
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
            let error = import(tar.into_inner().unwrap().as_slice(), &blobs).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn an_archive_that_claims_more_than_it_holds_is_refused() {
        let (scratch, layout) = scratch();
        let mut header = Header::new_ustar();
        let name = format!("blobs/sha256/{}", Digest::of(b"abc").hex());
        header.set_path(&name).unwrap();
        header.set_size(1 << 40);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        let error = import(header.as_bytes().as_slice(), layout.blobs()).unwrap_err();
        assert!(matches!(error, ArchiveError::Content { .. }), "{error}");
        assert_eq!(fs::read_dir(scratch.path().join("blobs/sha256")).unwrap().count(), 0);
    }
}
