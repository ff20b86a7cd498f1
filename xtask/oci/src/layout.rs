//! Reads and writes an OCI image layout on disk (OCI image spec, image-layout.md). Several processes may
//! write to one layout at the same time.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::layout_names::{INDEX, INDEX_MAX, LAYOUT, LAYOUT_VERSION};
use crate::{
    ANNOTATION_REF_NAME, AtomicFile, BlobError, Blobs, Claim, Descriptor, Durability, FileDigests,
    LayoutError, Manifests, MediaType, SCHEMA_VERSION, canonical, regular,
};

/// Gives access to an image layout: a directory with `oci-layout`, `index.json` and blobs.
///
/// ```
/// use camino::Utf8Path;
/// use lapstrake_oci::{Descriptor, Layout, MediaType};
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// let layout = Layout::create_or_open(root)?;
/// let (digest, size) = layout.blobs().put(br#"{"schemaVersion":2}"#)?;
/// layout.tag("latest", &Descriptor::new(MediaType::ImageManifest, size, &digest))?;
///
/// let layout = Layout::open(root)?;
/// assert_eq!(layout.root(), root);
/// let image = layout.manifests()?.find(Some("latest"), None)?.clone();
/// assert_eq!(image.size, size);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Layout {
    root: Utf8PathBuf,
    blobs: Blobs,
}

/// The document `oci-layout` (image-layout.md).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutFile {
    image_layout_version: String,
}

impl Layout {
    /// Opens a layout for reading and writing, and creates it if it is missing.
    ///
    /// # Errors
    ///
    /// Fails if the layout cannot be written, or if an existing one is of another version.
    pub fn create_or_open(root: &Utf8Path) -> Result<Self, LayoutError> {
        let layout = Self::new(root)?;
        if root.join(LAYOUT).exists() && root.join(INDEX).exists() {
            layout.check_version()?;
            return Ok(layout);
        }
        layout.write(LAYOUT, &layout_file(), Write::New)?;
        let _lock = layout.lock()?;
        if !root.join(INDEX).exists() {
            layout.write(INDEX, &empty_index(), Write::Replace)?;
        }
        Ok(layout)
    }

    /// Returns a layout of which nothing but its blobs was opened.
    pub(crate) fn new(root: &Utf8Path) -> Result<Self, LayoutError> {
        let blobs = Blobs::open(root);
        let blobs = blobs.map_err(|source| LayoutError::Write { path: root.to_owned(), source })?;
        Claim::sweep(root, &[INDEX, LAYOUT].map(AtomicFile::prefix).each_ref().map(String::as_str));
        Ok(Self { root: root.to_owned(), blobs })
    }

    /// Verifies the blobs of the layout as [`Blobs::watched`] does.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use lapstrake_oci::{FileDigests, Layout};
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let digests = Arc::new(FileDigests::default());
    /// let layout = Layout::create_or_open(root)?.watched(&digests, |error| eprintln!("warning: {error}"));
    /// # let (digest, size) = layout.blobs().put(b"abc")?;
    /// # std::fs::write(layout.blobs().path(&digest), "abd")?;
    /// # assert!(!layout.blobs().has(&digest, size));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watched(
        self,
        digests: &Arc<FileDigests>,
        damaged: impl Fn(&BlobError) + Send + Sync + 'static,
    ) -> Self {
        Self { blobs: self.blobs.watched(digests, damaged), ..self }
    }

    /// Opens a layout for reading. Writes nothing there.
    ///
    /// # Errors
    ///
    /// Fails if the directory has no `oci-layout` of a supported version.
    pub fn open(root: &Utf8Path) -> Result<Self, LayoutError> {
        let layout = Self { root: root.to_owned(), blobs: Blobs::at(root) };
        layout.check_version()?;
        Ok(layout)
    }

    pub(crate) fn check_version(&self) -> Result<(), LayoutError> {
        let bytes = self.read(LAYOUT).map_err(|error| match error {
            LayoutError::Read { source, .. }
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                LayoutError::Missing { root: self.root.clone() }
            }
            error => error,
        })?;
        let parsed: LayoutFile = serde_json::from_slice(&bytes)
            .map_err(|source| LayoutError::Parse { path: self.root.join(LAYOUT), source })?;
        if parsed.image_layout_version == LAYOUT_VERSION {
            return Ok(());
        }
        let found = parsed.image_layout_version.escape_debug().to_string();
        Err(LayoutError::Version { root: self.root.clone(), found })
    }

    /// Returns the directory.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Returns the blobs of the layout.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Reads the list of images.
    ///
    /// # Errors
    ///
    /// Fails if `index.json` is missing, is not a regular file, is larger than 8 MiB or does not parse.
    pub fn manifests(&self) -> Result<Manifests, LayoutError> {
        let bytes = self.read(INDEX)?;
        Manifests::parse(&bytes).map_err(|source| LayoutError::Parse { path: self.root.join(INDEX), source })
    }

    /// Gives an image the tag `name`, and takes the tag from any other image. Does not write the index if the
    /// image already has the tag. Keeps what other tools have added to the index.
    ///
    /// # Errors
    ///
    /// Fails if `index.json` cannot be read, parsed or written.
    pub fn tag(&self, name: &str, descriptor: &Descriptor) -> Result<(), LayoutError> {
        self.tag_in(name, descriptor).map(drop)
    }

    /// Does the same as [`tag`](Self::tag), and returns the content of `index.json`, by which
    /// [`create_or_repair`](Self::create_or_repair) finds damage.
    ///
    /// # Errors
    ///
    /// Fails if `index.json` cannot be read, parsed or written.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, Layout, MediaType};
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let layout = Layout::create_or_open(root)?;
    /// let index = layout.tag_in("latest", &Descriptor::new(MediaType::ImageManifest, 3, &Digest::of(b"abc")))?;
    /// assert_eq!(index, std::fs::read(root.join("index.json"))?);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn tag_in(&self, name: &str, descriptor: &Descriptor) -> Result<Vec<u8>, LayoutError> {
        let path = self.root.join(INDEX);
        let parse = |source| LayoutError::Parse { path: path.clone(), source };
        let mut descriptor = descriptor.clone();
        let annotations = descriptor.annotations.get_or_insert_default();
        annotations.insert(ANNOTATION_REF_NAME.to_owned(), name.to_owned());
        let descriptor = serde_json::to_value(descriptor).map_err(parse)?;

        self.change_index(|listed| {
            listed.retain(|other| ref_name(other) != Some(name));
            listed.push(descriptor);
        })
    }

    /// Removes the tags for which `keep` is false, and returns the content of `index.json` as
    /// [`tag_in`](Self::tag_in) does. Images without a tag stay listed. The blobs stay.
    ///
    /// # Errors
    ///
    /// Fails if `index.json` cannot be read, parsed or written.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, Layout, MediaType};
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let layout = Layout::create_or_open(root)?;
    /// layout.tag("old", &Descriptor::new(MediaType::ImageManifest, 3, &Digest::of(b"abc")))?;
    /// layout.retain_tags(|tag| tag != "old")?;
    /// assert!(layout.manifests()?.descriptors().is_empty());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn retain_tags(&self, keep: impl Fn(&str) -> bool) -> Result<Vec<u8>, LayoutError> {
        self.change_index(|listed| listed.retain(|entry| ref_name(entry).is_none_or(&keep)))
    }

    /// Changes the list of images, and returns the content of `index.json`.
    fn change_index(&self, change: impl FnOnce(&mut Vec<Value>)) -> Result<Vec<u8>, LayoutError> {
        let _lock = self.lock()?;
        let before = self.read_index()?;
        let mut index = if before.is_object() { before.clone() } else { empty_index() };
        let mut listed = index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default();
        change(&mut listed);
        sort(&mut listed);
        index["manifests"] = Value::Array(listed);
        if index != before {
            self.write(INDEX, &index, Write::Replace)?;
        }
        canonical(&index).map_err(|source| LayoutError::Parse { path: self.root.join(INDEX), source })
    }

    /// Reads the index as plain JSON, because [`Index`](crate::Index) drops fields that it does not know.
    pub(crate) fn read_index(&self) -> Result<Value, LayoutError> {
        let bytes = self.read(INDEX)?;
        serde_json::from_slice(&bytes)
            .map_err(|source| LayoutError::Parse { path: self.root.join(INDEX), source })
    }

    /// Takes the lock under which the index is changed. It is on `oci-layout`, because `index.json` is
    /// replaced.
    pub(crate) fn lock(&self) -> Result<File, LayoutError> {
        let path = self.root.join(LAYOUT);
        let locked = || {
            let file = File::options().read(true).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|source| LayoutError::Write { path: path.clone(), source })
    }

    /// Reads a regular file of at most [`INDEX_MAX`] bytes.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, LayoutError> {
        let path = self.root.join(name);
        let read = || {
            let mut bytes = Vec::new();
            regular::open(&path)?.take(INDEX_MAX + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) if bytes.len() as u64 > INDEX_MAX => Err(LayoutError::Large { path }),
            Ok(bytes) => Ok(bytes),
            Err(source) => Err(LayoutError::Read { path, source }),
        }
    }

    pub(crate) fn write(&self, name: &str, document: &Value, how: Write) -> Result<(), LayoutError> {
        let path = self.root.join(name);
        let written = || {
            let mut file = AtomicFile::create(&path)?;
            io::Write::write_all(&mut file, &canonical(document)?)?;
            match how {
                Write::Replace => file.commit(Durability::Rebuildable).map(drop),
                Write::New => file.commit_new(Durability::Rebuildable),
            }
        };
        written().map_err(|source| LayoutError::Write { path: path.clone(), source })
    }
}

/// What happens to an existing file.
#[derive(Clone, Copy)]
pub(crate) enum Write {
    /// It is replaced.
    Replace,
    /// It stays as it is.
    New,
}

pub(crate) fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(ANNOTATION_REF_NAME)?.as_str()
}

/// Sorts images by name, with those without a name at the end.
pub(crate) fn sort(listed: &mut [Value]) {
    listed.sort_by_key(|entry| (ref_name(entry).is_none(), ref_name(entry).map(str::to_owned)));
}

pub(crate) fn layout_file() -> Value {
    json!({ "imageLayoutVersion": LAYOUT_VERSION })
}

pub(crate) fn empty_index() -> Value {
    json!({ "schemaVersion": SCHEMA_VERSION, "mediaType": MediaType::ImageIndex.to_string(), "manifests": [] })
}

#[cfg(test)]
mod tests;
