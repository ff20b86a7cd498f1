//! The credentials that podman, skopeo and docker have saved (containers-auth.json(5)).

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::RegistryError;
use super::host::Host;
use super::message::Secret;
use crate::regular;

/// A file of credentials larger than this is refused.
const FILE_MAX: u64 = 1 << 20;

#[derive(Debug, Deserialize)]
struct AuthFile {
    #[serde(default)]
    auths: std::collections::BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// User and password in base64, as the header has them.
    auth: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entry(…)")
    }
}

/// Returns the value of the header `Authorization` for a repository, by the first file that has one.
pub(super) fn find(host: &Host, name: &str) -> Result<Option<Secret>, RegistryError> {
    for path in files() {
        let Some(text) = read(&path)? else { continue };
        if let Some(found) = of_file(&text, &path, host, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Returns the files in which tools look. A file that the environment names is the only one.
fn files() -> Vec<Utf8PathBuf> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(named) = variable("REGISTRY_AUTH_FILE") {
        return vec![named.into()];
    }
    let home = variable("HOME").map(Utf8PathBuf::from);
    let below = |folder: &str| home.as_ref().map(|home| home.join(folder));
    let docker = variable("DOCKER_CONFIG").map(Utf8PathBuf::from).or_else(|| below(".docker"));
    let config = variable("XDG_CONFIG_HOME").map(Utf8PathBuf::from).or_else(|| below(".config"));
    let run = variable("XDG_RUNTIME_DIR").map(Utf8PathBuf::from);
    let folders = [run, config].into_iter().flatten().map(|folder| folder.join("containers/auth.json"));
    folders.chain(docker.map(|folder| folder.join("config.json"))).collect()
}

fn read(path: &Utf8Path) -> Result<Option<Vec<u8>>, RegistryError> {
    let failed = |source| RegistryError::AuthFile { path: path.to_owned(), source };
    let file = match regular::open(path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    };
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, FILE_MAX), &mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Finds the entry of the repository, of a folder above it, or of the host.
fn of_file(text: &[u8], path: &Utf8Path, host: &Host, name: &str) -> Result<Option<Secret>, RegistryError> {
    // The message of the parser could quote a part of the file.
    let broken = || RegistryError::AuthFileForm { path: path.to_owned() };
    let file: AuthFile = serde_json::from_slice(text).map_err(|_| broken())?;
    let full = format!("{host}/{name}");
    let mut wanted = full.as_str();
    loop {
        let is_wanted = |key: &str| key == wanted || (wanted == host.as_str() && is_of_host(key, host));
        let entry =
            file.auths.iter().find(|(key, _)| is_wanted(key)).and_then(|(_, entry)| entry.auth.as_ref());
        if let Some(auth) = entry.filter(|auth| !auth.is_empty()) {
            let is_base64 =
                auth.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
            return if is_base64 { Ok(Some(Secret::new(format!("Basic {auth}")))) } else { Err(broken()) };
        }
        match wanted.rsplit_once('/') {
            Some((above, _)) => wanted = above,
            None => return Ok(None),
        }
    }
}

/// Returns whether a key is docker's older form of the host: a URL, with or without the version of the API.
fn is_of_host(key: &str, host: &Host) -> bool {
    let key = key.trim_start_matches("https://").trim_start_matches("http://");
    let key = key.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2");
    key == host.as_str() || (host.as_str() == "docker.io" && key == "index.docker.io")
}

#[cfg(test)]
mod tests {
    use lapstrake::value::Reference;

    use super::*;

    #[test]
    fn the_entry_that_names_most_of_the_repository_is_used() {
        let text = br#"{"auths":{
            "registry.example": {"auth": "aG9zdDo="},
            "registry.example/fleet": {"auth": "ZmxlZXQ6"},
            "https://old.example/v1/": {"auth": "b2xkOg=="},
            "registry.example.evil": {"auth": "ZXZpbDo="}}}"#;
        let find = |reference: &str| {
            let (host, name) = Host::of(&Reference::parse(reference).unwrap()).unwrap();
            let found = of_file(text, "auth.json".into(), &host, &name).unwrap();
            found.map(|secret| secret.reveal().to_owned())
        };
        assert_eq!(find("registry.example/fleet/edge:1").as_deref(), Some("Basic ZmxlZXQ6"));
        assert_eq!(find("registry.example/other:1").as_deref(), Some("Basic aG9zdDo="));
        assert_eq!(find("old.example/edge:1").as_deref(), Some("Basic b2xkOg=="));
        assert_eq!(find("example.org/edge:1"), None);
    }

    #[test]
    fn neither_an_error_nor_debug_shows_a_secret() {
        let (host, name) = Host::of(&Reference::parse("registry.example/edge:1").unwrap()).unwrap();
        for text in [
            r#"{"auths":{"registry.example":{"auth":"MARKER\r\nX: y"}}}"#,
            r#"{"auths":{"registry.example":{"auth":["MARKER"]}}}"#,
            r#"{"auths":{"registry.example":"MARKER"}}"#,
        ] {
            let error = of_file(text.as_bytes(), "auth.json".into(), &host, &name).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("MARKER"), "{error:?}");
        }
        assert!(!format!("{:?}", Secret::new("MARKER".to_owned())).contains("MARKER"));
    }
}
