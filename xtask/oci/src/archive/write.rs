//! Writes an image to an archive so that the bytes depend on the image alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Take, Write};

use camino::Utf8Path;
use serde_json::json;
use tar::{Builder, EntryType, Header};

use super::BLOBS;
use crate::ArchiveError;
use crate::archive_error::DEPTH_MAX;
use crate::layout_names::{INDEX, LAYOUT, LAYOUT_VERSION};
use crate::{
    AtomicFile, BlobError, Blobs, Descriptor, Digest, Durability, HashingReader, Index, Layout, LayoutError,
    Manifest, MediaType, canonical,
};

impl Layout {
    /// Writes the image with a tag to an archive. The bytes depend on the image alone.
    ///
    /// Creates missing parent directories. Replaces an existing file by a rename, so that a failure leaves it
    /// as it was. `watch` is called while blobs are written, with the bytes that are done and those of all blobs.
    ///
    /// # Errors
    ///
    /// Fails if no image has the tag, if one of its blobs is missing or damaged, or if the archive cannot be
    /// written.
    ///
    /// ```
    /// use lapstrake_oci::{Blobs, Descriptor, Layout, Manifests, MediaType, import_archive};
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let layout = Layout::create_or_open(&root.join("layout"))?;
    /// let (config, size) = layout.blobs().put(b"{}")?;
    /// let config = serde_json::to_value(Descriptor::new(MediaType::ImageConfig, size, &config))?;
    /// let manifest = serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [] });
    /// let (manifest, size) = layout.blobs().put(manifest.to_string().as_bytes())?;
    /// layout.tag("latest", &Descriptor::new(MediaType::ImageManifest, size, &manifest))?;
    /// layout.archive("latest", &root.join("image.tar"), &|_, _| {})?;
    ///
    /// let cache = Blobs::open(&root.join("cache"))?;
    /// let index = import_archive(std::fs::File::open(root.join("image.tar"))?, &cache)?;
    /// assert_eq!(Manifests::parse(&index)?, layout.manifests()?);
    /// assert!(cache.has(&manifest, size));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn archive(&self, tag: &str, file: &Utf8Path, watch: &dyn Fn(u64, u64)) -> Result<(), LayoutError> {
        let manifests = self.manifests()?;
        let descriptor = manifests.find(Some(tag), None)?;
        write(self.blobs(), descriptor, file, watch)
            .map_err(|source| LayoutError::Archive { tag: tag.to_owned(), source })
    }
}

fn write(
    from: &Blobs,
    image: &Descriptor,
    file: &Utf8Path,
    watch: &dyn Fn(u64, u64),
) -> Result<(), ArchiveError> {
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
    let out = AtomicFile::create(file).map_err(failed)?;
    let mut tar = Builder::new(BufWriter::with_capacity(256 << 10, out));
    for directory in ["blobs/", BLOBS] {
        append(&mut tar, directory, EntryType::Directory, 0, io::empty()).map_err(failed)?;
    }
    let total = blobs.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
    let mut done = 0;
    for (digest, size) in &blobs {
        let source = from.reader(digest, *size)?.take(*size);
        let mut reader = HashingReader::new(Watched { source, done: &mut done, total, watch });
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
        let out = tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        out.commit(Durability::Durable).map(drop)
    };
    finish().map_err(failed)
}

/// Reads a blob, and reports how far the archive is.
struct Watched<'a> {
    source: Take<File>,
    done: &'a mut u64,
    total: u64,
    watch: &'a dyn Fn(u64, u64),
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        *self.done += count as u64;
        (self.watch)(*self.done, self.total);
        Ok(count)
    }
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

/// Collects the blobs of an image with their sizes: the descriptor's own, and those that it leads to.
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;

    use camino::Utf8Path;

    use crate::{Blobs, Descriptor, Layout, Manifests, MediaType, import_archive};

    fn scratch() -> (tempfile::TempDir, Layout) {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::create_or_open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        (scratch, layout)
    }

    #[test]
    fn an_archive_holds_the_blobs_of_one_image_and_is_reproducible() {
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
        layout.archive("x", &one, &|_, _| {}).unwrap();
        let seen = RefCell::new(Vec::new());
        layout.archive("x", &two, &|done, total| seen.borrow_mut().push((done, total))).unwrap();
        let size: u64 = 2 + 3000 + manifest.len() as u64;
        let seen = seen.into_inner();
        assert!(seen.is_sorted() && seen.iter().all(|(_, total)| *total == size), "{seen:?}");
        assert_eq!(seen.last(), Some(&(size, size)));
        assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap());

        let blobs = Blobs::open(&root.join("imported")).unwrap();
        let index = import_archive(fs::File::open(&one).unwrap(), &blobs).unwrap();
        assert_eq!(Manifests::parse(&index).unwrap(), layout.manifests().unwrap());
        assert_eq!(fs::read_dir(root.join("imported/blobs/sha256")).unwrap().count(), 3);
    }
}
