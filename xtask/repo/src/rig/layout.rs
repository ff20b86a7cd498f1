//! A tree as an image of one layer, in an OCI layout (image-layout.md). It is written here and not by the tool
//! of this repository, whose tests take it for somebody else's.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::error::RigError;
use super::part::at;

/// What the image says beside its files.
pub(super) struct Config {
    pub(super) tag: &'static str,
    /// Each is `1`.
    pub(super) labels: &'static [&'static str],
    pub(super) command: &'static str,
}

/// GNU tar, told to write the same bytes for the same tree.
const TAR: [&str; 9] = [
    "--create",
    "--format=posix",
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
    "--sort=name",
    "--mtime=@0",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=security.capability",
    "--directory",
];

/// Writes the layout into a folder.
pub(super) fn write(tree: &Utf8Path, into: &Utf8Path, config: &Config) -> Result<(), RigError> {
    let blobs = into.join("blobs").join("sha256");
    fs::create_dir_all(&blobs).map_err(at(&blobs))?;
    let (layer, diff_id) = layer(tree, &blobs)?;
    let labels: serde_json::Map<_, _> =
        config.labels.iter().map(|label| ((*label).to_owned(), Value::from("1"))).collect();
    let image = json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": match std::env::consts::ARCH { "x86_64" => "amd64", "aarch64" => "arm64", other => other },
        "os": "linux",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"],
            "Cmd": [config.command],
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "cargo xtask rig"}],
    });
    let image = document(&blobs, "config", &image)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type("manifest.v1+json"),
        "config": image,
        "layers": [layer],
    });
    let mut manifest = document(&blobs, "manifest", &manifest)?;
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": config.tag});
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type("index.v1+json"),
        "manifests": [manifest],
    });
    file(&into.join("index.json"), index.to_string().as_bytes())?;
    file(&into.join("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}).to_string().as_bytes())
}

/// Packs the tree: the layer's descriptor, and its `diff_id`.
fn layer(tree: &Utf8Path, blobs: &Utf8Path) -> Result<(Value, String), RigError> {
    const PROGRAM: &str = "tar";
    let start = |source| RigError::Start { program: PROGRAM, source };
    let mut tar = Command::new(PROGRAM);
    tar.args(TAR).args([tree.as_str(), "."]).env("LC_ALL", "C.UTF-8").stdout(Stdio::piped());
    let mut tar = tar.spawn().map_err(start)?;
    let path = blobs.join("layer");
    let blob = Hashed { inner: File::create(&path).map_err(at(&path))?, hash: Sha256::new(), size: 0 };
    // As most bases in the field are, and quickly.
    let mut packed =
        Hashed { inner: GzEncoder::new(blob, Compression::new(3)), hash: Sha256::new(), size: 0 };
    if let Some(mut stdout) = tar.stdout.take() {
        // Pieces of one size: zlib-rs packs other pieces to other bytes, and a pipe gives what it has.
        let mut piece = Vec::new();
        while stdout.by_ref().take(1 << 20).read_to_end(&mut piece).map_err(start)? > 0 {
            packed.write_all(&piece).map_err(at(&path))?;
            piece.clear();
        }
    }
    let status = tar.wait().map_err(start)?;
    if !status.success() {
        return Err(RigError::Failed { program: PROGRAM, status });
    }
    let diff_id = digest(packed.hash);
    let blob = packed.inner.finish().map_err(at(&path))?;
    let (size, digest) = (blob.size, digest(blob.hash));
    let named = named(blobs, &digest);
    fs::rename(&path, &named).map_err(at(&named))?;
    let media_type = media_type("layer.v1.tar+gzip");
    Ok((json!({"mediaType": media_type, "digest": digest, "size": size}), diff_id))
}

/// Writes a document as a blob: its descriptor.
fn document(blobs: &Utf8Path, kind: &str, document: &Value) -> Result<Value, RigError> {
    let text = document.to_string();
    let digest = digest(Sha256::new_with_prefix(&text));
    file(&named(blobs, &digest), text.as_bytes())?;
    let media_type = media_type(&format!("{kind}.v1+json"));
    Ok(json!({"mediaType": media_type, "digest": digest, "size": text.len()}))
}

fn media_type(rest: &str) -> String {
    format!("application/vnd.oci.image.{rest}")
}

fn named(blobs: &Utf8Path, digest: &str) -> Utf8PathBuf {
    blobs.join(digest.trim_start_matches("sha256:"))
}

fn digest(hash: Sha256) -> String {
    format!("sha256:{}", hex(&hash.finalize()))
}

/// The digits of a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file(path: &Utf8Path, content: &[u8]) -> Result<(), RigError> {
    fs::write(path, content).map_err(at(path))
}

/// Hashes and counts what goes through.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.hash.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const CONFIG: Config = Config { tag: "rig", labels: &["containers.bootc"], command: "/sbin/init" };

    fn files(root: &Utf8Path) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for directory in [root.to_owned(), root.join("blobs/sha256")] {
            for entry in directory.read_dir_utf8().unwrap() {
                let path = entry.unwrap().into_path();
                if path.is_file() {
                    files.insert(path.file_name().unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    #[test]
    fn the_same_tree_is_the_same_image() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let written = ["one", "two"].map(|name| {
            let (tree, into) = (root.join(name), root.join(format!("{name}.layout")));
            // The other way around, and of another time.
            let mut names = vec!["etc", "usr", "var"];
            if name == "two" {
                names.reverse();
            }
            for name in names {
                fs::create_dir_all(tree.join(name)).unwrap();
                fs::write(tree.join(name).join("file"), name.repeat(100_000)).unwrap();
            }
            write(&tree, &into, &CONFIG).unwrap();
            files(&into)
        });
        assert_eq!(written[0], written[1]);
        let [files, _] = written;
        let blob = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().unwrap();
            let blob = &files[digest.strip_prefix("sha256:").unwrap()];
            assert_eq!(digest, super::digest(Sha256::new_with_prefix(blob)), "a blob's name is its digest");
            assert_eq!(descriptor["size"], blob.len());
            blob.clone()
        };
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        let manifest: Value = serde_json::from_slice(&blob(&index["manifests"][0])).unwrap();
        let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        assert_eq!(config["config"]["Labels"]["containers.bootc"], "1");
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(&*blob(&manifest["layers"][0])).read_to_end(&mut tar).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], digest(Sha256::new_with_prefix(&tar)));
    }
}
