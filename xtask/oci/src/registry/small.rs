//! Reads and writes the documents and small blobs of a repository, verified by their digests.

use super::RegistryError;
use super::client::{Call, Repository};
use super::message::{Method, Response};
use super::push::{BYTES, committed};
use crate::{Descriptor, Digest, MediaType};

/// The media types of images that are asked for, OCI's and docker's.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A manifest or an index of the repository.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
    pub(crate) media_type: MediaType,
}

impl Document {
    pub(crate) fn new(media_type: MediaType, bytes: Vec<u8>) -> Self {
        Self { digest: Digest::of(&bytes), bytes, media_type }
    }

    pub(crate) fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.clone(), self.bytes.len() as u64, &self.digest)
    }
}

impl Repository {
    /// Returns the manifest that a tag or a digest names.
    pub(crate) fn document(&mut self, name: &str) -> Result<Option<Document>, RegistryError> {
        let what = format!("manifest `{name}`");
        let url = self.url(&format!("manifests/{name}"));
        let headers = vec![("accept", ACCEPT.to_owned())];
        let Some(response) = self.get(url, &what, headers)? else { return Ok(None) };
        let kind = response.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        let document = Document::new(kind.as_str().into(), response.body);
        if Digest::parse(name).is_ok_and(|asked| asked != document.digest) {
            return Err(self.mismatch(what, &document.digest));
        }
        Ok(Some(document))
    }

    /// Returns a blob of at most 4 MiB.
    pub(crate) fn small_blob(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>, RegistryError> {
        let what = format!("blob `{digest}`");
        let url = self.url(&format!("blobs/{digest}"));
        let Some(response) = self.get(url, &what, Vec::new())? else { return Ok(None) };
        let found = Digest::of(&response.body);
        if found != *digest {
            return Err(self.mismatch(what, &found));
        }
        Ok(Some(response.body))
    }

    /// Returns the index of what refers to a manifest, if the registry has the API for it.
    pub(crate) fn referrers(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>, RegistryError> {
        let url = self.url(&format!("referrers/{digest}"));
        let headers = vec![("accept", MediaType::ImageIndex.to_string())];
        let what = format!("referrers of `{digest}`");
        Ok(self.get(url, &what, headers)?.map(|response| response.body))
    }

    /// Writes a blob that fits into memory, unless the repository has it.
    pub(crate) fn put_small_blob(&mut self, bytes: &[u8]) -> Result<Digest, RegistryError> {
        let digest = Digest::of(bytes);
        let what = format!("blob `{digest}`");
        let url = self.url(&format!("blobs/{digest}"));
        let call = Call { method: Method::Head, url, what: &what, headers: Vec::new(), bytes: &[] };
        if self.ask(&call)?.status == 200 {
            return Ok(digest);
        }
        let url = self.url("blobs/uploads/");
        let call =
            Call { method: Method::Post, url: url.clone(), what: &what, headers: Vec::new(), bytes: &[] };
        let begun = self.ask(&call)?;
        if begun.status != 202 {
            return Err(self.status(&begun, Method::Post, &what));
        }
        let url = committed(&self.location(&url, &begun, Method::Post, &what)?, &digest);
        let headers = vec![("content-type", BYTES.to_owned())];
        let response = self.ask(&Call { method: Method::Put, url, what: &what, headers, bytes })?;
        if response.status != 201 {
            return Err(self.status(&response, Method::Put, &what));
        }
        self.check_digest(&response, &digest, what)?;
        Ok(digest)
    }

    /// Writes a manifest or an index. Returns whether the registry has seen the subject that it names.
    pub(crate) fn put_document(&mut self, name: &str, document: &Document) -> Result<bool, RegistryError> {
        let response = self.put_manifest(name, &document.descriptor(), &document.digest, &document.bytes)?;
        Ok(response.header("oci-subject").is_some())
    }

    fn get(
        &mut self,
        url: String,
        what: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Option<Response>, RegistryError> {
        let response = self.ask(&Call { method: Method::Get, url, what, headers, bytes: &[] })?;
        match response.status {
            200 => Ok(Some(response)),
            404 => Ok(None),
            _ => Err(self.status(&response, Method::Get, what)),
        }
    }

    fn mismatch(&self, what: String, found: &Digest) -> RegistryError {
        RegistryError::Mismatch { host: self.host.to_string(), what, answered: found.to_string() }
    }
}
