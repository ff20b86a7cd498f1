//! An OCI image layout on disk (image-spec, image-layout.md): ours, which is written, and users', which
//! are only read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use oci_spec::image::{Descriptor, ImageIndex, ImageIndexBuilder, MediaType, SCHEMA_VERSION};

use super::archive::ArchiveError;
use super::{Blobs, archive};

/// The annotation by which podman and skopeo find an image in a layout: its tag.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

const LAYOUT_FILE: &str = "oci-layout";
const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_FILE: &str = "index.json";
const LOCK_FILE: &str = ".lock";
/// More than any index has; a lying file does not fill the memory.
const MOST_INDEX_BYTES: u64 = 8 << 20;

/// An OCI image layout.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: Utf8PathBuf,
    blobs: Blobs,
}

/// A layout can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("`{root}` is no OCI layout: it has no file `oci-layout`")]
    NoLayout { root: Utf8PathBuf },
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is no index of images")]
    Index { path: Utf8PathBuf, source: oci_spec::OciSpecError },
    #[error("`{path}` has {size} bytes, too many for an index")]
    TooLarge { path: Utf8PathBuf, size: u64 },
    #[error("layout `{root}` has no image `{tag}`")]
    NoTag { root: Utf8PathBuf, tag: String },
    #[error("archive can't be written")]
    Archive(#[from] ArchiveError),
}

impl Layout {
    /// Opens a layout to read it; nothing is ever written to it.
    pub(crate) fn open(root: &Utf8Path) -> Result<Self, LayoutError> {
        if !root.join(LAYOUT_FILE).is_file() {
            return Err(LayoutError::NoLayout { root: root.to_owned() });
        }
        Ok(Self { root: root.to_owned(), blobs: Blobs::at(root) })
    }

    /// Opens a layout of ours, or makes one.
    pub(crate) fn create_or_open(root: &Utf8Path) -> Result<Self, LayoutError> {
        let failed = |source| LayoutError::Write { path: root.to_owned(), source };
        let blobs = Blobs::create(root).map_err(failed)?;
        let layout = Self { root: root.to_owned(), blobs };
        if !root.join(LAYOUT_FILE).is_file() {
            layout.replace(LAYOUT_FILE, LAYOUT.as_bytes())?;
        }
        Ok(layout)
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The images of the layout; none in one that has no index yet.
    pub(crate) fn manifests(&self) -> Result<Vec<Descriptor>, LayoutError> {
        let path = self.root.join(INDEX_FILE);
        let size = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(LayoutError::Read { path, source }),
        };
        if size > MOST_INDEX_BYTES {
            return Err(LayoutError::TooLarge { path, size });
        }
        let bytes = fs::read(&path).map_err(|source| LayoutError::Read { path: path.clone(), source })?;
        match ImageIndex::from_reader(&bytes[..]) {
            Ok(index) => Ok(index.manifests().clone()),
            Err(source) => Err(LayoutError::Index { path, source }),
        }
    }

    /// Tags an image, in place of what had the tag. Of two builds at once each waits for the other.
    pub(crate) fn tag(&self, tag: &str, image: &Descriptor) -> Result<(), LayoutError> {
        let path = self.root.join(LOCK_FILE);
        let locked = File::create(&path).and_then(|file| file.lock().map(|()| file));
        let _lock = locked.map_err(|source| LayoutError::Write { path, source })?;
        let before = self.manifests()?;
        let mut after: Vec<_> = before.iter().filter(|known| tag_of(known) != Some(tag)).cloned().collect();
        after.push(tagged(image, tag));
        after.sort_by(|a, b| (tag_of(a), a.digest().to_string()).cmp(&(tag_of(b), b.digest().to_string())));
        if before == after {
            return Ok(());
        }
        self.replace(INDEX_FILE, &index(after)?)
    }

    /// The image of a tag.
    pub(crate) fn find(&self, tag: &str) -> Result<Descriptor, LayoutError> {
        let found = self.manifests()?.into_iter().find(|image| tag_of(image) == Some(tag));
        found.ok_or_else(|| LayoutError::NoTag { root: self.root.clone(), tag: tag.to_owned() })
    }

    /// Writes the image of a tag as an archive, an `oci-archive:` of podman and skopeo.
    pub(crate) fn archive(&self, tag: &str, to: &Utf8Path) -> Result<(), LayoutError> {
        let image = self.find(tag)?;
        let index = index(vec![image.clone()])?;
        Ok(archive::export(&self.blobs, &image, LAYOUT.as_bytes(), &index, to)?)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LayoutError> {
        let path = self.root.join(name);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.root)?;
            file.write_all(bytes)?;
            fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644))?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|source| LayoutError::Write { path: path.clone(), source })
    }
}

fn tag_of(image: &Descriptor) -> Option<&str> {
    image.annotations().as_ref()?.get(REF_NAME).map(String::as_str)
}

fn tagged(image: &Descriptor, tag: &str) -> Descriptor {
    let mut image = image.clone();
    let mut annotations = image.annotations().clone().unwrap_or_default();
    annotations.insert(REF_NAME.to_owned(), tag.to_owned());
    image.set_annotations(Some(annotations));
    image
}

/// The index as JSON with its keys sorted, so that equal indexes are equal files.
fn index(manifests: Vec<Descriptor>) -> Result<Vec<u8>, LayoutError> {
    let failed = |source| LayoutError::Index { path: INDEX_FILE.into(), source };
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()
        .map_err(failed)?;
    let sorted = serde_json::to_value(index).and_then(|value| serde_json::to_vec(&value));
    sorted.map_err(|error| failed(error.into()))
}
