//! Finds what an image is made of, and removes blobs that no image needs.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use serde_json::Value;

use super::Blobs;
use crate::Digest;

impl Blobs {
    /// Lists all blobs with their sizes in bytes, sorted by digest. Does not read their content.
    ///
    /// # Errors
    ///
    /// Fails if the directory cannot be read. A missing directory has no blobs.
    ///
    /// ```
    /// # use lapstrake_oci::Blobs;
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let blobs = Blobs::open(root)?;
    /// let (digest, size) = blobs.put(b"abc")?;
    /// assert_eq!(blobs.list()?, [(digest, size)]);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn list(&self) -> io::Result<Vec<(Digest, u64)>> {
        let entries = match fs::read_dir(&self.whole) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut listed = Vec::new();
        for entry in entries {
            let entry = entry?;
            let digest =
                entry.file_name().to_str().and_then(|name| Digest::parse(&format!("sha256:{name}")).ok());
            // Another process may remove it meanwhile.
            let found = entry.metadata().ok().filter(fs::Metadata::is_file);
            listed.extend(digest.zip(found.map(|found| found.len())));
        }
        listed.sort();
        Ok(listed)
    }

    /// Returns these blobs, and all blobs that they name if they are manifests or indexes: configs, layers, further
    /// manifests. A blob that is missing, damaged or larger than a document names nothing.
    ///
    /// ```
    /// # use lapstrake_oci::{Blobs, Descriptor, Manifest, MediaType, canonical};
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let blobs = Blobs::open(root)?;
    /// let (config, size) = blobs.put(b"{}")?;
    /// let manifest = Manifest::new(Descriptor::new(MediaType::ImageConfig, size, &config), Vec::new());
    /// let (manifest, _) = blobs.put(&canonical(&manifest)?)?;
    /// assert_eq!(blobs.reachable([manifest.clone()]), [config, manifest].into());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn reachable(&self, roots: impl IntoIterator<Item = Digest>) -> BTreeSet<Digest> {
        let mut found = BTreeSet::new();
        let mut open: Vec<(Digest, bool)> = roots.into_iter().map(|root| (root, true)).collect();
        while let Some((digest, is_document)) = open.pop() {
            let document =
                if is_document && !found.contains(&digest) { self.document(&digest) } else { None };
            open.extend(document.iter().flat_map(named));
            found.insert(digest);
        }
        found
    }

    fn document(&self, digest: &Digest) -> Option<Value> {
        let size = self.size(digest)?;
        serde_json::from_slice(&self.read(digest, size).ok()?).ok()
    }
}

/// Returns the blobs that a manifest or an index names, and whether each may name others.
fn named(document: &Value) -> Vec<(Digest, bool)> {
    let list = |key: &str| document.get(key).and_then(Value::as_array).into_iter().flatten();
    let one = |key: &str| document.get(key).into_iter();
    let digest = |entry: &Value| Digest::parse(entry.get("digest")?.as_str()?).ok();
    let leaves = one("config").chain(list("layers")).filter_map(digest).map(|digest| (digest, false));
    let documents = list("manifests").chain(one("subject")).filter_map(digest).map(|digest| (digest, true));
    leaves.chain(documents).collect()
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use serde_json::json;

    use crate::{Blobs, Digest};

    #[test]
    fn an_index_leads_to_manifests_and_these_to_their_layers_and_a_damaged_one_to_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        let put = |document: serde_json::Value| blobs.put(document.to_string().as_bytes()).unwrap().0;
        let entry = |digest: &Digest| json!({ "digest": digest, "size": 1 });
        // What a layer says is not a reference.
        let other = Digest::of(b"other");
        let layer = put(json!({ "config": entry(&other) }));
        let config = put(json!({ "layers": [entry(&other)] }));
        let manifest = put(json!({ "config": entry(&config), "layers": [entry(&layer)] }));
        let index = put(json!({ "manifests": [entry(&manifest), entry(&manifest)] }));
        let all = blobs.reachable([index.clone()]);
        assert_eq!(all, [index.clone(), manifest.clone(), config, layer].into());
        std::fs::write(blobs.path(&manifest), "{").unwrap();
        assert_eq!(blobs.reachable([index.clone()]), [index, manifest].into());
        assert_eq!(blobs.reachable([other.clone()]), [other].into());
    }
}
