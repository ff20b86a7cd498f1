//! Compares a layout with what was last written to it, and repairs `index.json` and `oci-layout`.

use std::fs;

use camino::Utf8Path;
use serde_json::Value;

use crate::layout::{Write, empty_index, layout_file, ref_name, sort};
use crate::layout_names::{INDEX, LAYOUT};
use crate::{Blobs, Descriptor, Layout, LayoutError, canonical};

impl Layout {
    /// Opens a layout for reading and writing, and creates it if it is missing. Repairs `index.json` and
    /// `oci-layout`, and returns the names of the files that were damaged. `last` is the result of the last
    /// [`tag_in`](Self::tag_in): its images stay listed if their manifests are there.
    ///
    /// # Errors
    ///
    /// Fails if the layout cannot be written.
    ///
    /// ```
    /// use lapstrake_oci::{Descriptor, Layout, MediaType};
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let (layout, damaged) = Layout::create_or_repair(root, None)?;
    /// assert!(damaged.is_empty());
    /// let (digest, size) = layout.blobs().put(br#"{"schemaVersion":2}"#)?;
    /// let last = layout.tag_in("latest", &Descriptor::new(MediaType::ImageManifest, size, &digest))?;
    ///
    /// std::fs::write(root.join("index.json"), "{")?;
    /// let (layout, damaged) = Layout::create_or_repair(root, Some(&last))?;
    /// assert_eq!(damaged, ["index.json"]);
    /// assert!(layout.manifests()?.find(Some("latest"), None).is_ok());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_or_repair(
        root: &Utf8Path,
        last: Option<&[u8]>,
    ) -> Result<(Self, Vec<&'static str>), LayoutError> {
        let layout = Self::new(root)?;
        let mut damaged = Vec::new();
        if layout.check_version().is_err() {
            if is_there(&root.join(LAYOUT)) {
                damaged.push(LAYOUT);
            }
            layout.write_layout_file()?;
        }
        let path = root.join(INDEX);
        if last.is_some_and(|last| layout.read(INDEX).is_ok_and(|found| found == last)) {
            return Ok((layout, damaged));
        }
        let _lock = layout.lock()?;
        let found = layout.read_index().ok();
        let last = last.and_then(|bytes| serde_json::from_slice(bytes).ok());
        let repaired = repaired(found.as_ref(), last.as_ref(), layout.blobs());
        if found.as_ref() != Some(&repaired) {
            if is_there(&path) {
                damaged.push(INDEX);
            }
            remove_irregular(&path)?;
            layout.write(INDEX, &repaired, Write::Replace)?;
        }
        Ok((layout, damaged))
    }

    /// Writes the file in its place and not beside it: other processes wait for a lock on it.
    fn write_layout_file(&self) -> Result<(), LayoutError> {
        let path = self.root().join(LAYOUT);
        remove_irregular(&path)?;
        if path.exists() {
            let _lock = self.lock()?;
            let parse = |source| LayoutError::Parse { path: path.clone(), source };
            let bytes = canonical(&layout_file()).map_err(parse)?;
            return fs::write(&path, bytes).map_err(|source| LayoutError::Write { path, source });
        }
        self.write(LAYOUT, &layout_file(), Write::New)
    }
}

/// Whether something has this name, also a symlink that leads nowhere.
fn is_there(path: &Utf8Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Removes what is not a regular file, and leads to none, from the place of a file. Its name can't be given to a file
/// otherwise.
fn remove_irregular(path: &Utf8Path) -> Result<(), LayoutError> {
    if !is_there(path) || path.is_file() {
        return Ok(());
    }
    let removed = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
    removed.map_err(|source| LayoutError::Write { path: path.to_owned(), source })
}

/// Returns the index as it should be. Another program may have added images, or tagged one anew. An entry
/// is damaged that names no manifest in the layout, or an image of `last` whose own entry is missing.
fn repaired(found: Option<&Value>, last: Option<&Value>, blobs: &Blobs) -> Value {
    let empty = empty_index();
    let last = last.unwrap_or(&empty);
    let mut index = found.filter(|found| is_index(found, last)).unwrap_or(last).clone();
    let listed = found.map(entries).unwrap_or_default();
    let known = entries(last);
    let lost: Vec<_> = known.iter().filter(|entry| !listed.contains(entry)).collect();
    let is_sound = |entry: &Value| {
        let is_damaged = !known.contains(entry) && lost.iter().any(|lost| digest(lost) == digest(entry));
        !is_damaged && names_blob(entry, blobs)
    };
    let mut repaired: Vec<_> = listed.iter().filter(|entry| is_sound(entry)).cloned().collect();
    for entry in lost {
        let is_tagged_anew = repaired.iter().any(|other| ref_name(other) == ref_name(entry));
        if !is_tagged_anew && names_blob(entry, blobs) {
            repaired.push(entry.clone());
        }
    }
    sort(&mut repaired);
    index["manifests"] = Value::Array(repaired);
    index
}

/// Whether a document says nothing else than `last` beside the images. Programs leave the media type out
/// and add keys of their own; a damaged key is one less and one more.
fn is_index(document: &Value, last: &Value) -> bool {
    let (Some(document), Some(last)) = (document.as_object(), last.as_object()) else { return false };
    let is_added = document.keys().any(|key| !last.contains_key(key));
    let is_same = |(key, value): (&String, &Value)| match document.get(key) {
        Some(found) => key == "manifests" || found == value,
        None => key == "mediaType" && !is_added,
    };
    document.get("manifests").is_some_and(Value::is_array) && last.iter().all(is_same)
}

fn entries(index: &Value) -> Vec<Value> {
    index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn digest(entry: &Value) -> Option<&str> {
    entry.get("digest")?.as_str()
}

fn names_blob(entry: &Value, blobs: &Blobs) -> bool {
    let Ok(descriptor) = serde_json::from_value::<Descriptor>(entry.clone()) else { return false };
    descriptor.parse_digest().is_ok_and(|digest| blobs.size(&digest) == Some(descriptor.size))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::{Utf8Path, Utf8PathBuf};

    use crate::{Descriptor, Layout, LayoutError, MediaType};

    struct Scratch {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
        /// What the index was after the last tag.
        last: Vec<u8>,
    }

    impl Scratch {
        /// A layout with the images `a` and `b`.
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8Path::from_path(folder.path()).unwrap().join("layout");
            let mut scratch = Self { _folder: folder, root, last: Vec::new() };
            scratch.tag("a", "one");
            scratch.tag("b", "two");
            scratch
        }

        fn tag(&mut self, name: &str, content: &str) {
            let layout = Layout::create_or_open(&self.root).unwrap();
            let (digest, size) = layout.blobs().put(content.as_bytes()).unwrap();
            let image = Descriptor::new(MediaType::ImageManifest, size, &digest);
            self.last = layout.tag_in(name, &image).unwrap();
        }

        fn repair(&self) -> Result<Vec<&'static str>, LayoutError> {
            Layout::create_or_repair(&self.root, Some(&self.last)).map(|(_, damaged)| damaged)
        }

        fn index(&self) -> Vec<u8> {
            fs::read(self.root.join("index.json")).unwrap()
        }
    }

    #[test]
    fn a_sound_layout_is_left_alone() {
        assert!(Scratch::new().repair().unwrap().is_empty());
    }

    #[test]
    fn each_flipped_bit_of_the_index_and_the_layout_file_is_repaired() {
        let scratch = Scratch::new();
        for name in ["index.json", "oci-layout"] {
            let path = scratch.root.join(name);
            let sound = fs::read(&path).unwrap();
            for place in 0..sound.len() {
                let mut flipped = sound.clone();
                flipped[place] ^= 1 << (place % 8);
                fs::write(&path, &flipped).unwrap();
                let damaged = scratch.repair().unwrap();
                let shown = String::from_utf8_lossy(&flipped).into_owned();
                assert_eq!(damaged, [name], "byte {place}: {shown}");
                assert!(fs::read(&path).unwrap() == sound, "byte {place}: {shown}");
            }
        }
    }

    #[test]
    fn an_index_that_is_cut_short_or_gone_lists_the_images_again() {
        let scratch = Scratch::new();
        fs::write(scratch.root.join("index.json"), "").unwrap();
        assert_eq!(scratch.repair().unwrap(), ["index.json"]);
        assert_eq!(scratch.index(), scratch.last);
        fs::remove_file(scratch.root.join("index.json")).unwrap();
        assert!(scratch.repair().unwrap().is_empty());
        assert_eq!(scratch.index(), scratch.last);
    }

    #[test]
    fn a_directory_a_fifo_and_a_symlink_in_the_place_of_a_file_are_replaced() {
        let scratch = Scratch::new();
        let directory = |path: &Utf8Path| fs::create_dir_all(path.join("folder")).unwrap();
        let fifo = |path: &Utf8Path| {
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        };
        let endless = |path: &Utf8Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
        let dangling = |path: &Utf8Path| std::os::unix::fs::symlink("nowhere", path).unwrap();
        let all: [fn(&Utf8Path); 4] = [directory, fifo, endless, dangling];
        for name in ["index.json", "oci-layout"] {
            let path = scratch.root.join(name);
            let sound = fs::read(&path).unwrap();
            for put in all {
                fs::remove_file(&path).unwrap();
                put(&path);
                assert_eq!(scratch.repair().unwrap(), [name]);
                assert!(fs::read(&path).unwrap() == sound, "{name}");
                assert!(path.symlink_metadata().unwrap().is_file());
                assert!(scratch.repair().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn an_image_whose_manifest_is_gone_is_not_listed_again() {
        let scratch = Scratch::new();
        fs::remove_dir_all(&scratch.root).unwrap();
        assert!(scratch.repair().unwrap().is_empty());
        assert!(Layout::open(&scratch.root).unwrap().manifests().unwrap().find(None, None).is_err());
    }

    #[test]
    fn what_another_program_adds_or_tags_is_not_damage() {
        let mut scratch = Scratch::new();
        let last = scratch.last.clone();
        scratch.tag("c", "three");
        scratch.tag("a", "four");
        scratch.tag("d", "two");
        let by_other = scratch.index();
        scratch.last = last;
        assert!(scratch.repair().unwrap().is_empty());
        assert_eq!(scratch.index(), by_other);
        let shorter = String::from_utf8(by_other).unwrap();
        let shorter = shorter.replace(r#""mediaType":"application/vnd.oci.image.index.v1+json","#, "");
        fs::write(scratch.root.join("index.json"), &shorter).unwrap();
        assert!(scratch.repair().unwrap().is_empty());
        assert_eq!(scratch.index(), shorter.into_bytes());
    }
}
