//! Pushes an image: asks what the repository has, mounts what its registry has elsewhere, and sends the rest.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};

use lapstrake::value::Reference;

use super::client::{Call, Repository, is_of_a_moment, pause};
use super::host::Host;
use super::message::{Body, Method, Response};
use super::{Pushed, RegistryError, challenge::encode};
use crate::{BlobError, Blobs, Descriptor, Digest, Manifest};

/// How often the upload of a blob is begun at most.
const ATTEMPTS: u32 = 5;
/// The bytes of a request where a blob is sent in several.
const CHUNK: u64 = 4 << 20;
pub(super) const BYTES: &str = "application/octet-stream";
const DIGEST: &str = "docker-content-digest";

/// Is called with a blob, how many of its bytes were sent, and its size.
type Watch<'a> = &'a dyn Fn(&Digest, u64, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transfer {
    Present,
    Mounted,
    Sent,
}

/// How one attempt to upload ended, other than by success.
enum Failure {
    /// Another attempt can succeed, in smaller requests if the connection broke or the request was too large.
    Again {
        in_chunks: bool,
        error: RegistryError,
        response: Option<Response>,
    },
    Final(RegistryError),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Final(error)
    }
}

impl Repository {
    /// Pushes an image of a layout under tags. `from` is an image that shares layers with it, such as its base.
    ///
    /// If a tag names the manifest already, nothing but the other tags is written. `watch` is called while blobs are sent.
    ///
    /// ```
    /// use lapstrake_oci::{Blobs, Descriptor, Digest, MediaType, Repository};
    ///
    /// let blobs = Blobs::at("/nonexistent".into());
    /// let image = Descriptor::new(MediaType::ImageManifest, 2, &Digest::of(b"{}"));
    /// // The connection fails if the feature `registry` is off.
    /// if let Ok(mut repository) = Repository::connect(&"localhost:5000/edge:1".parse().unwrap(), true) {
    ///     let pushed = repository.push(&blobs, &image, &["1".to_owned()], None, &|_, _, _| {});
    ///     assert!(pushed.is_err(), "the image is in no layout");
    /// }
    /// ```
    ///
    /// # Errors
    /// Fails if a blob of the image can't be read, or if the registry does not take it.
    pub fn push(
        &mut self,
        blobs: &Blobs,
        image: &Descriptor,
        tags: &[String],
        from: Option<&Reference>,
        watch: &dyn Fn(&Digest, u64, u64),
    ) -> Result<Pushed, RegistryError> {
        let digest = image.parse_digest()?;
        let bytes = blobs
            .read(&digest, image.size)
            .map_err(|source| RegistryError::Blob { digest: digest.clone(), source })?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(RegistryError::Parse)?;
        let shared = from.and_then(|from| Host::of(from).ok());
        self.mount_from =
            shared.filter(|(host, name)| *host == self.host && *name != self.name).map(|(_, name)| name);
        let mut pushed = Pushed::default();
        let mut missing = Vec::new();
        for tag in tags {
            if !self.has_tag(tag, image, &digest)? {
                missing.push(tag);
            }
        }
        if missing.len() < tags.len() {
            pushed.present = manifest.layers.len() as u64;
        } else {
            self.send_parts(blobs, &manifest, &mut pushed, watch)?;
        }
        for tag in missing {
            self.put_manifest(tag, image, &digest, &bytes)?;
        }
        pushed.requests = self.requests;
        Ok(pushed)
    }

    fn has_tag(&mut self, tag: &str, image: &Descriptor, digest: &Digest) -> Result<bool, RegistryError> {
        let what = format!("tag `{tag}`");
        let headers = vec![("accept", image.media_type.to_string())];
        let url = self.url(&format!("manifests/{tag}"));
        let response = self.ask(&Call { method: Method::Head, url, what: &what, headers, bytes: &[] })?;
        match response.status {
            200 => Ok(response.header(DIGEST) == Some(&digest.to_string())),
            // A registry can answer 406 where the tag is an image of another type.
            404 | 406 => Ok(false),
            _ => Err(self.status(&response, Method::Head, &what)),
        }
    }

    /// Writes a manifest under a tag or its digest.
    pub(super) fn put_manifest(
        &mut self,
        tag: &str,
        image: &Descriptor,
        digest: &Digest,
        bytes: &[u8],
    ) -> Result<Response, RegistryError> {
        let what = format!("manifest `{digest}`");
        let headers = vec![("content-type", image.media_type.to_string())];
        let url = self.url(&format!("manifests/{tag}"));
        let response = self.ask(&Call { method: Method::Put, url, what: &what, headers, bytes })?;
        if response.status != 201 {
            return Err(self.status(&response, Method::Put, &what));
        }
        self.check_digest(&response, digest, what)?;
        Ok(response)
    }

    pub(super) fn check_digest(
        &self,
        response: &Response,
        digest: &Digest,
        what: String,
    ) -> Result<(), RegistryError> {
        match response.header(DIGEST) {
            Some(answered) if answered != digest.to_string() => Err(RegistryError::Mismatch {
                host: self.host.to_string(),
                what,
                answered: answered.escape_debug().take(80).collect(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn send_parts(
        &mut self,
        blobs: &Blobs,
        manifest: &Manifest,
        pushed: &mut Pushed,
        watch: Watch<'_>,
    ) -> Result<(), RegistryError> {
        let mut seen = BTreeSet::new();
        for (index, part) in manifest.parts().enumerate() {
            let digest = part.parse_digest()?;
            let transfer = if seen.insert(digest.clone()) {
                self.send_blob(blobs, &digest, part.size, watch)?
            } else {
                Transfer::Present
            };
            if transfer == Transfer::Sent {
                pushed.bytes += part.size;
            }
            // The config comes last, and is not a layer.
            if index < manifest.layers.len() {
                match transfer {
                    Transfer::Present => pushed.present += 1,
                    Transfer::Mounted => pushed.mounted += 1,
                    Transfer::Sent => pushed.sent += 1,
                }
            }
        }
        Ok(())
    }

    fn send_blob(
        &mut self,
        blobs: &Blobs,
        digest: &Digest,
        size: u64,
        watch: Watch<'_>,
    ) -> Result<Transfer, RegistryError> {
        let what = format!("blob `{digest}`");
        let url = self.url(&format!("blobs/{digest}"));
        let head = self.ask(&Call { method: Method::Head, url, what: &what, headers: vec![], bytes: &[] })?;
        match head.status {
            200 => return Ok(Transfer::Present),
            404 => {}
            _ => return Err(self.status(&head, Method::Head, &what)),
        }
        let upload = Upload { blobs, digest, size, what, watch };
        let mut in_chunks = false;
        let mut attempt = 1;
        loop {
            match self.attempt(&upload, in_chunks, attempt == 1) {
                Ok(transfer) => return Ok(transfer),
                Err(Failure::Again { in_chunks: smaller, response, .. }) if attempt < ATTEMPTS => {
                    in_chunks |= smaller;
                    pause(attempt, response.as_ref());
                }
                Err(Failure::Again { error, .. } | Failure::Final(error)) => return Err(error),
            }
            attempt += 1;
        }
    }

    /// Begins an upload and sends the blob, unless the registry mounts it.
    fn attempt(&mut self, upload: &Upload<'_>, in_chunks: bool, mounts: bool) -> Result<Transfer, Failure> {
        let Upload { digest, what, .. } = upload;
        let plain = self.url("blobs/uploads/");
        let mut urls = vec![plain.clone()];
        if let Some(from) = self.mount_from.as_ref().filter(|_| mounts) {
            urls.push(format!("{plain}?mount={digest}&from={}", encode(from)));
        }
        while let Some(url) = urls.pop() {
            let call = Call { method: Method::Post, url: url.clone(), what, headers: vec![], bytes: &[] };
            let response = self.ask(&call)?;
            match response.status {
                201 => {
                    self.check_digest(&response, digest, what.clone())?;
                    return Ok(Transfer::Mounted);
                }
                202 => {
                    let location = self.location(&url, &response, Method::Post, what)?;
                    let sent = if in_chunks {
                        self.send_chunks(upload, location)
                    } else {
                        self.send_whole(upload, &location)
                    };
                    return sent.map(|()| Transfer::Sent);
                }
                // Where the blob can't be mounted, it is sent.
                _ if !urls.is_empty() => {}
                _ => return Err(self.status(&response, Method::Post, what).into()),
            }
        }
        unreachable!("the last URL returns")
    }

    fn send_whole(&mut self, upload: &Upload<'_>, location: &str) -> Result<(), Failure> {
        let mut reader = upload.from(0)?;
        let url = committed(location, upload.digest);
        let headers = vec![("content-type", BYTES.to_owned())];
        let answer = self.send(Method::Put, &url, headers, Body::Reader(&mut reader, upload.size));
        self.finished(answer, Method::Put, upload)
    }

    /// Sends the blob in several requests, each from where the registry is.
    fn send_chunks(&mut self, upload: &Upload<'_>, location: String) -> Result<(), Failure> {
        let mut location = location;
        let mut at = 0;
        while at < upload.size {
            let length = CHUNK.min(upload.size - at);
            let mut reader = upload.from(at)?;
            let range = format!("{at}-{}", at + length - 1);
            let headers = vec![("content-type", BYTES.to_owned()), ("content-range", range)];
            let answer = self.send(Method::Patch, &location, headers, Body::Reader(&mut reader, length));
            let response = match answer {
                Ok(response) if response.status == 202 => response,
                Ok(response) if is_of_a_moment(response.status) || response.status == 416 => {
                    pause(1, Some(&response));
                    self.session(upload, &location)?
                }
                Ok(response) => return Err(self.status(&response, Method::Patch, &upload.what).into()),
                Err(_) => {
                    pause(1, None);
                    self.session(upload, &location)?
                }
            };
            location = self.location(&location, &response, Method::Patch, &upload.what)?;
            at = match received(&response) {
                Some(received) if received <= upload.size => received,
                Some(_) | None => at + length,
            };
        }
        let url = committed(&location, upload.digest);
        let answer = self.send(Method::Put, &url, Vec::new(), Body::Empty);
        self.finished(answer, Method::Put, upload)
    }

    /// Asks how many bytes of an upload the registry has.
    fn session(&mut self, upload: &Upload<'_>, location: &str) -> Result<Response, Failure> {
        let what = &upload.what;
        let url = location.to_owned();
        let response = self.ask(&Call { method: Method::Get, url, what, headers: vec![], bytes: &[] })?;
        if response.status == 204 && received(&response).is_some() {
            return Ok(response);
        }
        let error = self.status(&response, Method::Get, what);
        Err(Failure::Again { in_chunks: true, error, response: Some(response) })
    }

    fn finished(
        &mut self,
        answer: Result<Response, RegistryError>,
        method: Method,
        upload: &Upload<'_>,
    ) -> Result<(), Failure> {
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Err(Failure::Again { in_chunks: true, error, response: None }),
        };
        if response.status == 201 {
            return Ok(self.check_digest(&response, upload.digest, upload.what.clone())?);
        }
        let error = self.status(&response, method, &upload.what);
        match response.status {
            413 => Err(Failure::Again { in_chunks: true, error, response: None }),
            // The upload is gone, or the registry has a part of an earlier attempt.
            404 | 416 => Err(Failure::Again { in_chunks: false, error, response: None }),
            status if is_of_a_moment(status) => {
                Err(Failure::Again { in_chunks: false, error, response: Some(response) })
            }
            _ => Err(Failure::Final(error)),
        }
    }
}

/// A blob that is sent.
struct Upload<'a> {
    blobs: &'a Blobs,
    digest: &'a Digest,
    size: u64,
    what: String,
    watch: Watch<'a>,
}

impl Upload<'_> {
    /// Opens the blob at a position. The store verifies it first.
    fn from(&self, at: u64) -> Result<Sending<'_>, RegistryError> {
        let failed = |source| RegistryError::Blob { digest: self.digest.clone(), source };
        let mut file = self.blobs.reader(self.digest, self.size).map_err(failed)?;
        file.seek(SeekFrom::Start(at))
            .map_err(|source| failed(BlobError::Read { digest: self.digest.clone(), source }))?;
        Ok(Sending { file: file.take(self.size - at), at, upload: self })
    }
}

/// Reads a blob, and reports how far it is.
struct Sending<'a> {
    file: Take<File>,
    at: u64,
    upload: &'a Upload<'a>,
}

impl Read for Sending<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.at += count as u64;
        (self.upload.watch)(self.upload.digest, self.at, self.upload.size);
        Ok(count)
    }
}

/// Returns the URL that ends an upload.
pub(super) fn committed(location: &str, digest: &Digest) -> String {
    let joint = if location.contains('?') { '&' } else { '?' };
    format!("{location}{joint}digest={digest}")
}

/// Returns how many bytes the registry has: the header `Range` is `0-LAST`.
fn received(response: &Response) -> Option<u64> {
    let range = response.header("range")?;
    let last = range.trim_start_matches("bytes=").strip_prefix("0-")?;
    last.parse::<u64>().ok()?.checked_add(1)
}
