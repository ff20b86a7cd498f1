//! Bases for tests, written by the `tar` crate and serde alone: good ones, and ones that lie.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;
use lapstrake::value::{Architecture, ImagePath};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use crate::base::{self, Base, BaseError, BaseIndex, BaseRequest, Cache};
use crate::support::progress::{Colour, Progress, ProgressMode};
use lapstrake_oci::Digest;

/// A directory with a layout in it and a cache beside.
pub(crate) struct Place {
    directory: TempDir,
}

/// An image of the layout as it is being made; what is wrong with it is put in by the test.
pub(crate) struct Made {
    pub(super) manifest: Value,
    pub(super) config: Value,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { directory: TempDir::new().unwrap() };
        fs::create_dir_all(place.layout().join("blobs/sha256")).unwrap();
        fs::write(place.layout().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        place
    }

    pub(crate) fn root(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.directory.path().canonicalize().unwrap()).unwrap()
    }

    pub(crate) fn layout(&self) -> Utf8PathBuf {
        self.root().join("layout")
    }

    pub(crate) fn cache(&self) -> Cache {
        Cache::at(&self.root().join("cache"), &Progress::silent()).unwrap()
    }

    pub(crate) fn blob(&self, digest: &Digest) -> Utf8PathBuf {
        self.layout().join("blobs/sha256").join(digest.hex())
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        fs::write(self.blob(&digest), bytes).unwrap();
        json!({ "digest": digest, "size": bytes.len() })
    }

    /// Puts the layers in, as they are; the image is still to be written.
    pub(crate) fn make(&self, tars: &[Vec<u8>]) -> Made {
        let layer = |tar: &Vec<u8>| {
            let mut descriptor = self.put(tar);
            descriptor["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar");
            descriptor
        };
        let diff_ids: Vec<_> = tars.iter().map(|tar| Digest::of(tar)).collect();
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": { "Labels": { "containers.bootc": "1" } },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "x-unknown": { "kept": true },
        });
        let layers: Vec<_> = tars.iter().map(layer).collect();
        Made { manifest: json!({ "schemaVersion": 2, "layers": layers }), config }
    }

    /// Writes an image's config and manifest, and gives the manifest's descriptor.
    pub(crate) fn image(&self, mut made: Made) -> Value {
        let mut config = self.put(&serde_json::to_vec(&made.config).unwrap());
        config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        if made.manifest.get("config").is_none() {
            made.manifest["config"] = config;
        }
        let mut manifest = self.put(&serde_json::to_vec(&made.manifest).unwrap());
        manifest["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
        manifest
    }

    /// Lists images in the layout.
    pub(crate) fn list(&self, manifests: &[Value]) {
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        fs::write(self.layout().join("index.json"), index.to_string()).unwrap();
    }

    /// A layout with one image of those layers, not compressed.
    pub(crate) fn with_layers(tars: &[Vec<u8>]) -> Self {
        let place = Self::new();
        place.list(&[place.image(place.make(tars))]);
        place
    }

    pub(crate) fn open(&self) -> Result<Base, BaseError> {
        self.open_as(None, None)
    }

    pub(crate) fn open_as(
        &self,
        wanted: Option<Architecture>,
        pinned: Option<&Digest>,
    ) -> Result<Base, BaseError> {
        open(&TransportRef::Oci { dir: self.layout(), tag: None }, wanted, pinned, &self.cache())
    }

    /// Every file under it but the cache's, with its content: what no opening may change.
    pub(crate) fn outside_of_cache(&self) -> Vec<(Utf8PathBuf, Vec<u8>)> {
        fn walk(directory: &Utf8Path, found: &mut Vec<(Utf8PathBuf, Vec<u8>)>) {
            for entry in directory.read_dir_utf8().unwrap().flatten() {
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() && entry.file_name() == "cache" => {}
                    kind if kind.is_dir() => walk(entry.path(), found),
                    _ => found.push((entry.path().to_owned(), fs::read(entry.path()).unwrap())),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.root(), &mut found);
        found.sort();
        found
    }
}

pub(crate) fn open(
    location: &TransportRef,
    wanted: Option<Architecture>,
    pinned: Option<&Digest>,
    cache: &Cache,
) -> Result<Base, BaseError> {
    let progress = Progress::new(ProgressMode::None, true, Colour::Never);
    let demand = BaseRequest { architecture: wanted, pinned, offline: true, compared: None };
    base::open(location, location, demand, cache, &progress)
}

/// An error with its causes, as a person reads it.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The index of those layers, which must be good.
pub(crate) fn index(tars: &[Vec<u8>]) -> BaseIndex {
    let base = Place::with_layers(tars).open().unwrap_or_else(|error| panic!("{}", told(&error)));
    std::sync::Arc::unwrap_or_clone(base.index)
}

pub(crate) fn path(text: &str) -> ImagePath {
    ImagePath::parse(text).unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar, member by member. Names and sizes go in as they are given, right or wrong.
pub(crate) struct Tar(Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    pub(crate) fn member(
        mut self,
        name: &[u8],
        kind: EntryType,
        link: &str,
        mode: u32,
        content: &[u8],
    ) -> Self {
        let header = header(name, kind, link, mode, content.len() as u64);
        self.0.append(&header, content).unwrap();
        self
    }

    pub(crate) fn directory(self, name: &str) -> Self {
        self.member(name.as_bytes(), EntryType::Directory, "", 0o755, b"")
    }

    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        self.member(name.as_bytes(), EntryType::Regular, "", 0o644, content.as_bytes())
    }

    pub(crate) fn symlink(self, name: &str, target: &str) -> Self {
        self.member(name.as_bytes(), EntryType::Symlink, target, 0o777, b"")
    }

    pub(crate) fn hardlink(self, name: &str, target: &str) -> Self {
        self.member(name.as_bytes(), EntryType::Link, target, 0o644, b"")
    }

    /// A pax header for the member that follows.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length = (rest..rest + 9).find(|length| length.to_string().len() + rest == *length).unwrap();
            content.extend_from_slice(format!("{length} {key}=").as_bytes());
            content.extend_from_slice(value);
            content.push(b'\n');
        }
        self.member(b"pax", EntryType::XHeader, "", 0o644, &content)
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.get_mut().extend_from_slice(bytes);
        self
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    /// Without the two empty blocks.
    pub(crate) fn cut(self) -> Vec<u8> {
        let mut bytes = self.end();
        bytes.truncate(bytes.len() - 1024);
        bytes
    }
}

pub(crate) fn header(name: &[u8], kind: EntryType, link: &str, mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_device_major(0).unwrap();
    header.set_device_minor(0).unwrap();
    header.set_cksum();
    header
}
