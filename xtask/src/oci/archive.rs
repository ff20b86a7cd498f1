//! An OCI layout in one tar file, podman's `oci-archive:`. What comes in is verified as it is read and
//! goes nowhere but into blobs; what goes out is the same bytes wherever it is written.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use tar::{EntryType, Header};

use super::{BlobError, Blobs, Digest};

/// More than any document of a layout has.
const MOST_DOCUMENT_BYTES: u64 = 8 << 20;

/// An archive can't be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` has a member `{member}` that no OCI archive has")]
    Member { path: Utf8PathBuf, member: String },
    #[error("blob `{digest}` of `{path}` has the content of `{found}`")]
    Content { path: Utf8PathBuf, digest: Digest, found: Digest },
    #[error("`{path}` has no `index.json`")]
    NoIndex { path: Utf8PathBuf },
    #[error("`{path}` has an `index.json` that is none")]
    Index { path: Utf8PathBuf, source: oci_spec::OciSpecError },
    #[error("manifest can't be read")]
    Manifest(#[source] oci_spec::OciSpecError),
    #[error("the image's blobs can't be read")]
    Blob(#[from] BlobError),
    #[error("the image has a digest that is none")]
    Digest(#[from] super::DigestError),
}

/// Reads every blob of an archive into `blobs`, verified, and gives its index back.
pub(crate) fn import(path: &Utf8Path, blobs: &Blobs) -> Result<ImageIndex, ArchiveError> {
    let failed = |source| ArchiveError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut index = None;
    let mut archive = tar::Archive::new(io::BufReader::new(file));
    for member in archive.entries().map_err(failed)?.raw(true) {
        let mut member = member.map_err(failed)?;
        let bytes = member.path_bytes().into_owned();
        let name = String::from_utf8_lossy(&bytes).into_owned();
        let odd = || ArchiveError::Member { path: path.to_owned(), member: name.escape_debug().to_string() };
        let plain = name.strip_prefix("./").unwrap_or(&name);
        match member.header().entry_type() {
            EntryType::Directory
                if matches!(plain.trim_end_matches('/'), "" | "." | "blobs" | "blobs/sha256") => {}
            EntryType::Regular if plain == "oci-layout" => {}
            EntryType::Regular if plain == "index.json" => {
                let mut bytes = Vec::new();
                member.by_ref().take(MOST_DOCUMENT_BYTES).read_to_end(&mut bytes).map_err(failed)?;
                let parsed = ImageIndex::from_reader(&bytes[..]);
                index = Some(parsed.map_err(|source| ArchiveError::Index { path: path.to_owned(), source })?);
            }
            EntryType::Regular => {
                let hex = plain.strip_prefix("blobs/sha256/").ok_or_else(odd)?;
                let digest = Digest::from_str(&format!("sha256:{hex}")).map_err(|_| odd())?;
                let size = member.size();
                if blobs.has(&digest, size) {
                    continue;
                }
                let mut writer = blobs.writer().map_err(failed)?;
                let copied = io::copy(&mut member, &mut writer).map_err(failed)?;
                if copied != size {
                    return Err(failed(io::ErrorKind::UnexpectedEof.into()));
                }
                writer.finish_as(&digest).map_err(|source| match source {
                    Ok(found) => {
                        ArchiveError::Content { path: path.to_owned(), digest: digest.clone(), found }
                    }
                    Err(source) => failed(source),
                })?;
            }
            _ => return Err(odd()),
        }
    }
    index.ok_or_else(|| ArchiveError::NoIndex { path: path.to_owned() })
}

/// Writes one image, with all its blobs, to an archive.
pub(super) fn export(
    blobs: &Blobs,
    image: &Descriptor,
    layout: &[u8],
    index: &[u8],
    to: &Utf8Path,
) -> Result<(), ArchiveError> {
    let failed = |source| ArchiveError::Write { path: to.to_owned(), source };
    let digest = Digest::from_str(image.digest().as_ref())?;
    let manifest = blobs.document(&digest, image.size())?;
    let manifest = ImageManifest::from_reader(&manifest[..]).map_err(ArchiveError::Manifest)?;
    let mut members = vec![(digest, image.size())];
    for descriptor in std::iter::once(manifest.config()).chain(manifest.layers()) {
        members.push((Digest::from_str(descriptor.digest().as_ref())?, descriptor.size()));
    }
    members.sort();
    members.dedup();
    let directory = to.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let mut out = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    {
        let mut out = io::BufWriter::new(&mut out);
        for name in ["blobs/", "blobs/sha256/"] {
            header(&mut out, name, EntryType::Directory, 0).map_err(failed)?;
        }
        for (digest, size) in members {
            let mut blob = blobs.open(&digest, size)?;
            header(&mut out, &format!("blobs/sha256/{}", digest.hex()), EntryType::Regular, size)
                .map_err(failed)?;
            io::copy(&mut blob, &mut out).and_then(|_| pad(&mut out, size)).map_err(failed)?;
        }
        for (name, bytes) in [("index.json", index), ("oci-layout", layout)] {
            let size = bytes.len() as u64;
            header(&mut out, name, EntryType::Regular, size).map_err(failed)?;
            out.write_all(bytes).and_then(|()| pad(&mut out, size)).map_err(failed)?;
        }
        out.write_all(&[0; 1024]).and_then(|()| out.flush()).map_err(failed)?;
    }
    fs::set_permissions(out.path(), fs::Permissions::from_mode(0o644)).map_err(failed)?;
    out.persist(to).map_err(|error| failed(error.error))?;
    Ok(())
}

fn header(out: &mut impl Write, name: &str, kind: EntryType, size: u64) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    out.write_all(header.as_bytes())
}

fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    let rest = usize::try_from(size % 512).unwrap_or_default();
    if rest > 0 { out.write_all(&[0; 512][rest..]) } else { Ok(()) }
}
