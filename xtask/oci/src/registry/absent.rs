//! The repository of a crate without the feature `registry`: nothing can be connected to.

use std::convert::Infallible;

use lapstrake::value::Reference;

use super::host::Host;
use super::{Pushed, RegistryError};
use crate::{Blobs, Descriptor, Digest};

/// A repository of a registry. The crate was compiled without the feature `registry`, so there is never one.
///
/// ```
/// use lapstrake_oci::{RegistryError, Repository};
///
/// let connected = Repository::connect(&"registry.example/fleet/edge:1".parse().unwrap(), true);
/// assert!(connected.is_ok() || matches!(connected, Err(RegistryError::NotCompiled)));
/// ```
#[derive(Debug)]
pub struct Repository(Infallible);

impl Repository {
    /// Fails, because the crate was compiled without the feature `registry`.
    ///
    /// # Errors
    /// Fails always: if the reference names no host, by that.
    pub fn connect(reference: &Reference, _verify_tls: bool) -> Result<Self, RegistryError> {
        Host::of(reference)?;
        Err(RegistryError::NotCompiled)
    }

    /// Pushes an image, if there were a repository.
    ///
    /// ```
    /// use lapstrake_oci::{Blobs, Descriptor, Digest, MediaType, Repository};
    ///
    /// let blobs = Blobs::at("/nonexistent".into());
    /// let image = Descriptor::new(MediaType::ImageManifest, 2, &Digest::of(b"{}"));
    /// if let Ok(mut repository) = Repository::connect(&"localhost:5000/edge:1".parse().unwrap(), true) {
    ///     let pushed = repository.push(&blobs, &image, &["1".to_owned()], None, &|_, _, _| {});
    ///     assert!(pushed.is_err(), "the image is in no layout");
    /// }
    /// ```
    ///
    /// # Errors
    /// It can't be called, because [`connect`](Self::connect) fails.
    pub fn push(
        &mut self,
        _blobs: &Blobs,
        _image: &Descriptor,
        _tags: &[String],
        _from: Option<&Reference>,
        _watch: &dyn Fn(&Digest, u64, u64),
    ) -> Result<Pushed, RegistryError> {
        match self.0 {}
    }
}
