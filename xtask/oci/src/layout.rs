//! An OCI image layout on disk (OCI image spec, image-layout.md). One that a user brings is only read;
//! one of ours may be written by several processes at once.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::Architecture;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::{
    ANNOTATION_REF_NAME, ArchiveError, Blobs, Descriptor, Index, MediaType, SCHEMA_VERSION, canonical,
};

pub(crate) const LAYOUT: &str = "oci-layout";
pub(crate) const INDEX: &str = "index.json";
pub(crate) const LAYOUT_VERSION: &str = "1.0.0";

/// A directory with `oci-layout`, `index.json` and blobs.
#[derive(Debug, Clone)]
pub struct Layout {
    root: Utf8PathBuf,
    blobs: Blobs,
}

/// The images that an `index.json` lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifests(Vec<Descriptor>);

/// A layout can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("`{root}` is no OCI layout: it has no `{LAYOUT}`")]
    Missing { root: Utf8PathBuf },
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is not the document it should be")]
    Parse { path: Utf8PathBuf, source: serde_json::Error },
    #[error("`{root}` is a layout of version `{found}`; this lapstrake knows `{LAYOUT_VERSION}`")]
    Version { root: Utf8PathBuf, found: String },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("no image is tagged `{tag}`; there is {known}")]
    NoTag { tag: String, known: String },
    #[error("the layout lists no image")]
    Empty,
    #[error("a tag has to be given, for the layout lists {known}")]
    Ambiguous { known: String },
    #[error("image `{tag}` can't be archived")]
    Archive { tag: String, source: ArchiveError },
}

impl Layout {
    /// A layout of our own; one that is missing is made.
    pub fn create_or_open(root: &Utf8Path) -> Result<Self, LayoutError> {
        let failed = |source| LayoutError::Write { path: root.to_owned(), source };
        let layout = Self { root: root.to_owned(), blobs: Blobs::open(root).map_err(failed)? };
        if root.join(LAYOUT).exists() && root.join(INDEX).exists() {
            layout.check_version()?;
            return Ok(layout);
        }
        layout.write(LAYOUT, &json!({ "imageLayoutVersion": LAYOUT_VERSION }), Write::New)?;
        let _lock = layout.lock()?;
        if !root.join(INDEX).exists() {
            layout.write(INDEX, &empty_index(), Write::Instead)?;
        }
        Ok(layout)
    }

    /// A layout that somebody else made; nothing is written there.
    pub fn open(root: &Utf8Path) -> Result<Self, LayoutError> {
        let layout = Self { root: root.to_owned(), blobs: Blobs::at(root) };
        layout.check_version()?;
        Ok(layout)
    }

    fn check_version(&self) -> Result<(), LayoutError> {
        let path = self.root.join(LAYOUT);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(LayoutError::Missing { root: self.root.clone() });
            }
            Err(source) => return Err(LayoutError::Read { path, source }),
        };
        let parsed: LayoutFile =
            serde_json::from_slice(&bytes).map_err(|source| LayoutError::Parse { path, source })?;
        if parsed.image_layout_version == LAYOUT_VERSION {
            return Ok(());
        }
        let found = parsed.image_layout_version.escape_debug().to_string();
        Err(LayoutError::Version { root: self.root.clone(), found })
    }

    /// The directory.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Its blobs.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The images it lists.
    pub fn manifests(&self) -> Result<Manifests, LayoutError> {
        let path = self.root.join(INDEX);
        let bytes = fs::read(&path).map_err(|source| LayoutError::Read { path: path.clone(), source })?;
        Manifests::parse(&bytes).map_err(|source| LayoutError::Parse { path, source })
    }

    /// Lets `name` stand for an image, and for no other. The index is not touched when it already does.
    pub fn tag(&self, name: &str, descriptor: &Descriptor) -> Result<(), LayoutError> {
        let path = self.root.join(INDEX);
        let parse = |source| LayoutError::Parse { path: path.clone(), source };
        let mut descriptor = descriptor.clone();
        let annotations = descriptor.annotations.get_or_insert_default();
        annotations.insert(ANNOTATION_REF_NAME.to_owned(), name.to_owned());
        let descriptor = serde_json::to_value(descriptor).map_err(parse)?;

        let _lock = self.lock()?;
        let bytes = fs::read(&path).map_err(|source| LayoutError::Read { path: path.clone(), source })?;
        // As plain JSON, so that what other tools keep in the index stays there.
        let before: Value = serde_json::from_slice(&bytes).map_err(parse)?;
        let mut index = if before.is_object() { before.clone() } else { empty_index() };
        let listed = index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut listed: Vec<_> = listed.into_iter().filter(|other| ref_name(other) != Some(name)).collect();
        listed.push(descriptor);
        listed.sort_by(|one, two| {
            let key = |entry| (ref_name(entry).is_none(), ref_name(entry).map(str::to_owned));
            key(one).cmp(&key(two))
        });
        index["manifests"] = Value::Array(listed);
        if index == before {
            return Ok(());
        }
        self.write(INDEX, &index, Write::Instead)
    }

    /// Held while the index is changed. The lock is on `oci-layout`, the one file that is never replaced.
    fn lock(&self) -> Result<File, LayoutError> {
        let path = self.root.join(LAYOUT);
        let locked = || {
            let file = File::options().read(true).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|source| LayoutError::Write { path: path.clone(), source })
    }

    fn write(&self, name: &str, document: &Value, how: Write) -> Result<(), LayoutError> {
        let path = self.root.join(name);
        let written = || {
            let mut file = NamedTempFile::new_in(&self.root)?;
            io::Write::write_all(&mut file, &canonical(document)?)?;
            file.as_file().set_permissions(Permissions::from_mode(0o644))?;
            match how {
                Write::Instead => file.persist(&path).map(drop),
                Write::New => file.persist_noclobber(&path).map(drop),
            }
            .or_else(|error| match how {
                Write::New if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(error.error),
            })
        };
        written().map_err(|source| LayoutError::Write { path: path.clone(), source })
    }
}

/// The document `oci-layout` (image-layout.md).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutFile {
    image_layout_version: String,
}

/// Whether a file takes the place of one that is there.
#[derive(Clone, Copy)]
enum Write {
    Instead,
    New,
}

impl Manifests {
    /// Parses an `index.json`.
    pub fn parse(index: &[u8]) -> Result<Self, serde_json::Error> {
        let index: Index = serde_json::from_slice(index)?;
        Ok(Self(index.manifests))
    }

    /// The image of that tag; without a tag, the only one. Of several, the one for `architecture`.
    pub fn find(
        &self,
        tag: Option<&str>,
        architecture: Option<Architecture>,
    ) -> Result<&Descriptor, LayoutError> {
        let fits = |entry: &&Descriptor| tag.is_none() || name(entry) == tag;
        let candidates: Vec<_> = self.0.iter().filter(fits).collect();
        let for_architecture = |entry: &&&Descriptor| {
            let platform = entry.platform.as_ref();
            architecture.is_some()
                && platform.map(|platform| platform.architecture.as_str())
                    == architecture.map(Architecture::as_str)
        };
        match (candidates.as_slice(), tag) {
            ([one], _) => Ok(one),
            ([], Some(tag)) => {
                Err(LayoutError::NoTag { tag: tag.escape_debug().to_string(), known: self.known() })
            }
            ([], None) => Err(LayoutError::Empty),
            (several, _) => match several.iter().filter(for_architecture).collect::<Vec<_>>().as_slice() {
                [one] => Ok(one),
                _ => Err(LayoutError::Ambiguous { known: self.known() }),
            },
        }
    }

    fn known(&self) -> String {
        let shown = |entry: &Descriptor| match name(entry) {
            Some(tag) => format!("`{}`", tag.escape_debug()),
            None => format!("an untagged `{}`", entry.digest),
        };
        if self.0.is_empty() {
            "none".to_owned()
        } else {
            self.0.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
    }
}

fn name(entry: &Descriptor) -> Option<&str> {
    entry.annotation(ANNOTATION_REF_NAME)
}

fn ref_name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(ANNOTATION_REF_NAME)?.as_str()
}

fn empty_index() -> Value {
    json!({ "schemaVersion": SCHEMA_VERSION, "mediaType": MediaType::ImageIndex.to_string(), "manifests": [] })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use camino::{Utf8Path, Utf8PathBuf};
    use lapstrake::value::Architecture;

    use super::{Layout, LayoutError, Manifests};
    use crate::{Descriptor, Digest, MediaType};

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap().join("layout");
        (scratch, root)
    }

    fn image(content: &str) -> Descriptor {
        Descriptor::new(MediaType::ImageManifest, content.len() as u64, &Digest::of(content.as_bytes()))
    }

    #[test]
    fn a_tag_stands_for_one_image() {
        let (_scratch, root) = scratch();
        let layout = Layout::create_or_open(&root).unwrap();
        layout.tag("b", &image("1")).unwrap();
        layout.tag("a", &image("1")).unwrap();
        layout.tag("b", &image("22")).unwrap();
        let manifests = Layout::open(&root).unwrap().manifests().unwrap();
        assert_eq!(manifests.find(Some("a"), None).unwrap().size, 1);
        assert_eq!(manifests.find(Some("b"), None).unwrap().size, 2);
        assert_eq!(manifests.0.len(), 2);
        let error = manifests.find(Some("c"), None).unwrap_err();
        assert_eq!(error.to_string(), "no image is tagged `c`; there is `a`, `b`");
        let error = manifests.find(None, None).unwrap_err();
        assert_eq!(error.to_string(), "a tag has to be given, for the layout lists `a`, `b`");
    }

    #[test]
    fn the_index_depends_on_what_is_tagged_and_not_on_when() {
        let ((_one, one), (_two, two)) = (scratch(), scratch());
        let index = |root: &Utf8Path, tags: &[&str]| {
            let layout = Layout::create_or_open(root).unwrap();
            for tag in tags {
                layout.tag(tag, &image(tag)).unwrap();
            }
            fs::read(root.join("index.json")).unwrap()
        };
        assert_eq!(index(&one, &["a", "b", "c"]), index(&two, &["c", "a", "b", "a"]));
    }

    #[test]
    fn the_same_tag_again_touches_nothing() {
        let (_scratch, root) = scratch();
        let layout = Layout::create_or_open(&root).unwrap();
        let inode = || fs::metadata(root.join("index.json")).unwrap().ino();
        layout.tag("a", &image("1")).unwrap();
        let before = inode();
        layout.tag("a", &image("1")).unwrap();
        assert_eq!(inode(), before);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 3, "oci-layout, index.json, blobs");
    }

    #[test]
    fn what_other_tools_keep_in_the_index_stays() {
        let (_scratch, root) = scratch();
        let layout = Layout::create_or_open(&root).unwrap();
        let foreign =
            r#"{"schemaVersion":2,"x":1,"manifests":[{"mediaType":"y","digest":"z:1","size":1,"q":[]}]}"#;
        fs::write(root.join("index.json"), foreign).unwrap();
        layout.tag("a", &image("1")).unwrap();
        let text = fs::read_to_string(root.join("index.json")).unwrap();
        assert!(text.contains(r#""q":[]"#) && text.contains(r#""x":1"#), "{text}");
    }

    #[test]
    fn two_processes_lose_no_tag_of_each_other() {
        let (_scratch, root) = scratch();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let root = &root;
                scope.spawn(move || {
                    let layout = Layout::create_or_open(root).unwrap();
                    (0..20).for_each(|i| layout.tag(&format!("{thread}-{i}"), &image("1")).unwrap());
                });
            }
        });
        assert_eq!(Layout::open(&root).unwrap().manifests().unwrap().0.len(), 80);
    }

    #[test]
    fn of_one_tag_the_architecture_decides() {
        let entry = |architecture: &str| {
            let digest = Digest::of(architecture.as_bytes());
            format!(
                r#"{{"mediaType":"{}","digest":"{digest}","size":1,"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
                MediaType::ImageManifest
            )
        };
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, entry("amd64"), entry("arm64"));
        let manifests = Manifests::parse(index.as_bytes()).unwrap();
        let found = manifests.find(None, Some(Architecture::Arm64)).unwrap();
        assert_eq!(found.parse_digest(), Ok(Digest::of(b"arm64")));
        manifests.find(None, None).unwrap_err();
    }

    #[test]
    fn what_is_no_layout_is_told() {
        let (_scratch, root) = scratch();
        assert!(matches!(Layout::open(&root), Err(LayoutError::Missing { .. })));
        assert!(!root.exists());
        fs::create_dir(&root).unwrap();
        for (content, expected) in
            [("{", "not the document"), (r#"{"imageLayoutVersion":"9"}"#, "version `9`")]
        {
            fs::write(root.join("oci-layout"), content).unwrap();
            let error = Layout::open(&root).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
