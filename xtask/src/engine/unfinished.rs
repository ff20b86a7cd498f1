//! Images whose writing to the storage of podman and buildah was killed. They have no name and no manifest yet, so that
//! no command lists them by a name or a label, and `podman images --all` fails because of them. Their configs are there,
//! as files that containers/storage has kept in one form since its first version: `DRIVER-images/ID/=NAME`.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use camino::Utf8Path;
use lapstrake_oci::{Descriptor, Digest, Layout, canonical};
use serde_json::{Value, json};

/// The label that names the job of an image.
pub(super) const JOB: &str = "lapstrake.job";
/// The most bytes of a config. Registries accept 4 MiB.
const CONFIG_MAX: u64 = 8 << 20;

/// An image without a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnfinishedImage {
    pub(super) id: String,
    /// The value of its label [`JOB`].
    pub(super) job: String,
}

/// Returns the unfinished images of jobs in a storage.
pub(super) fn in_storage(root: &Utf8Path) -> Vec<UnfinishedImage> {
    let drivers = entries(root.as_std_path());
    let drivers = drivers.filter(|entry| entry.file_name().to_string_lossy().ends_with("-images"));
    drivers.flat_map(|folder| entries(&folder.path())).filter_map(|image| unfinished(&image)).collect()
}

fn unfinished(image: &DirEntry) -> Option<UnfinishedImage> {
    let id = image.file_name().into_string().ok()?;
    let folder = image.path();
    if !folder.is_dir() || folder.join("manifest").exists() {
        return None;
    }
    let job = entries(&folder).find_map(|file| {
        let is_config = file.metadata().is_ok_and(|found| found.is_file() && found.len() <= CONFIG_MAX);
        let config: Value =
            serde_json::from_slice(&fs::read(file.path()).ok().filter(|_| is_config)?).ok()?;
        Some(config.get("config")?.get("Labels")?.get(JOB)?.as_str()?.to_owned())
    });
    job.map(|job| UnfinishedImage { id, job })
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

/// Gives an image of a layout the label of a job, and returns the descriptor of the new image.
pub(super) fn label(layout: &Layout, image: &Descriptor, job: &str) -> io::Result<Descriptor> {
    let blobs = layout.blobs();
    let read = |digest: &Digest, size: u64| -> io::Result<Value> {
        Ok(serde_json::from_slice(&blobs.read(digest, size).map_err(io::Error::other)?)?)
    };
    let mut manifest = read(&image.parse_digest().map_err(io::Error::other)?, image.size)?;
    let mut of_config: Descriptor = serde_json::from_value(manifest["config"].clone())?;
    let mut config = read(&of_config.parse_digest().map_err(io::Error::other)?, of_config.size)?;
    let not_object =
        || io::Error::new(io::ErrorKind::InvalidData, "the config of the image is not an object");
    let execution = config.as_object_mut().ok_or_else(not_object)?.entry("config").or_insert(Value::Null);
    if execution.is_null() {
        *execution = json!({});
    }
    let labels = execution.as_object_mut().ok_or_else(not_object)?.entry("Labels").or_insert(Value::Null);
    if labels.is_null() {
        *labels = json!({});
    }
    labels.as_object_mut().ok_or_else(not_object)?.insert(JOB.to_owned(), json!(job));
    let (digest, size) = blobs.put(&canonical(&config)?)?;
    (of_config.digest, of_config.size) = (digest.to_string(), size);
    manifest["config"] = serde_json::to_value(of_config)?;
    let (digest, size) = blobs.put(&canonical(&manifest)?)?;
    let mut labelled = image.clone();
    (labelled.digest, labelled.size) = (digest.to_string(), size);
    Ok(labelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapstrake_oci::{Manifest, MediaType};

    #[test]
    fn only_an_image_without_a_manifest_and_with_a_label_is_unfinished() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let image = |id: &str, files: &[(&str, &str)]| {
            let folder = root.join("overlay-images").join(id);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                fs::write(folder.join(name), text).unwrap();
            }
        };
        let config = r#"{"config":{"Labels":{"lapstrake.job":"job"}}}"#;
        image("killed", &[("=c2hhMjU2OmE=", config), ("=YmI=", "{")]);
        image("whole", &[("=c2hhMjU2OmE=", config), ("manifest", "{}")]);
        image("other", &[("=c2hhMjU2OmE=", r#"{"config":{"Labels":{"a":"b"}}}"#)]);
        image("empty", &[]);
        fs::write(root.join("overlay-images/images.json"), "[]").unwrap();
        let found = in_storage(root);
        assert_eq!(found, [UnfinishedImage { id: "killed".to_owned(), job: "job".to_owned() }]);
        assert_eq!(in_storage(&root.join("missing")), []);
    }

    #[test]
    fn a_label_is_added_to_those_of_an_image() {
        let scratch = tempfile::tempdir().unwrap();
        let layout = Layout::create_or_open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        for (config, labels) in [
            (r#"{"os":"linux"}"#, json!({ JOB: "job" })),
            (r#"{"config":null}"#, json!({ JOB: "job" })),
            (r#"{"config":{"Labels":{"a":"b"},"User":"x"}}"#, json!({ "a": "b", JOB: "job" })),
        ] {
            let (digest, size) = layout.blobs().put(config.as_bytes()).unwrap();
            let manifest = Manifest::new(Descriptor::new(MediaType::ImageConfig, size, &digest), Vec::new());
            let (digest, size) = layout.blobs().put(&canonical(&manifest).unwrap()).unwrap();
            let image = Descriptor::new(MediaType::ImageManifest, size, &digest);
            let labelled = label(&layout, &image, "job").unwrap();
            assert_ne!(labelled, image);
            let read = |descriptor: &Descriptor| {
                layout.blobs().read(&descriptor.parse_digest().unwrap(), descriptor.size).unwrap()
            };
            let manifest: Manifest = serde_json::from_slice(&read(&labelled)).unwrap();
            let config: Value = serde_json::from_slice(&read(&manifest.config)).unwrap();
            assert_eq!(config["config"]["Labels"], labels);
        }
    }
}
