//! What a device has to decide by: its policy, its registries.d, and its public keys.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};

use super::named::Named;
use super::policy::{KeySource, Policy, Requirement};
use super::registries_d::RegistriesD;
use super::{PublicKey, SignatureError};

/// The files by which a device accepts or refuses images: `policy.json`, `registries.d` and public keys.
///
/// ```
/// use lapstrake_oci::signature::{Device, SignatureError};
///
/// let error = Device::read("/nonexistent".into(), None, None).unwrap_err();
/// assert!(matches!(error, SignatureError::Read { path, .. } if path == "/nonexistent/etc/containers/policy.json"));
/// ```
#[derive(Debug)]
pub struct Device {
    root: Utf8PathBuf,
    policy: Policy,
    registries: RegistriesD,
}

impl Device {
    /// Reads the files of a device below its root. `policy` and `registries_d` are other places for the two.
    ///
    /// # Errors
    /// Fails if a file can't be read, or if it is not in the form that a device reads: the device then refuses every image.
    pub fn read(
        root: &Utf8Path,
        policy: Option<&Utf8Path>,
        registries_d: Option<&Utf8Path>,
    ) -> Result<Self, SignatureError> {
        let containers = root.join("etc/containers");
        let path = policy.map_or_else(|| containers.join("policy.json"), Utf8Path::to_owned);
        let bytes = fs::read(&path).map_err(|source| SignatureError::Read { path: path.clone(), source })?;
        let policy = Policy::parse(&bytes).map_err(|reason| SignatureError::Form { path, reason })?;
        let folder = registries_d.map_or_else(|| containers.join("registries.d"), Utf8Path::to_owned);
        let registries = read_folder(&folder, registries_d.is_some())?;
        Ok(Self { root: root.to_owned(), policy, registries })
    }

    pub(super) fn demands(&self, image: &Named) -> (String, &[Requirement]) {
        self.policy.demands(image)
    }

    pub(super) fn reads_attachments(&self, image: &Named) -> bool {
        self.registries.reads(image)
    }

    /// Reads a key that the policy names. The error is what the device would do without it.
    pub(super) fn key(&self, source: &KeySource) -> Result<PublicKey, String> {
        let (text, name) = match source {
            KeySource::Path(path) => {
                let name = format!("the key `{path}`");
                let below = self.root.join(path.as_str().trim_start_matches('/'));
                (fs::read_to_string(below).map_err(|error| format!("{name} can't be read: {error}"))?, name)
            }
            KeySource::Data(data) => {
                let bytes = STANDARD.decode(data).ok();
                let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                (text.ok_or("`keyData` is not a key in base64")?, "`keyData`".to_owned())
            }
        };
        PublicKey::from_pem(&text).map_err(|error| format!("{name} can't be decided by here: {error}"))
    }
}

/// Reads each `.yaml` of a folder. A device without the folder has no entries.
fn read_folder(folder: &Utf8Path, is_named: bool) -> Result<RegistriesD, SignatureError> {
    let failed = |source| SignatureError::Read { path: folder.to_owned(), source };
    let mut read = RegistriesD::default();
    let entries = match folder.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => return Ok(read),
        Err(source) => return Err(failed(source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.into_path();
        if path.extension() == Some("yaml") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path)
            .map_err(|source| SignatureError::Read { path: path.clone(), source })?;
        read.add(&text).map_err(|reason| SignatureError::Form { path, reason })?;
    }
    Ok(read)
}
