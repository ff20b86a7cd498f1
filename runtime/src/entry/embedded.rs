//! A container image that is inside of the operating-system image.

use super::Attributes;
use super::attributes::attribute_options;
use crate::faults::faults;
use crate::value::{Invalid, Reference, Text};
use crate::{BuildStage, IntoBase, Parsed, TransportRef};

/// A container image below /usr, and the service that copies it to podman's storage at boot, so that a quadlet starts it without
/// a network.
///
/// | what | where |
/// |---|---|
/// | the image as an OCI layout | `/usr/lib/containers-image-cache/DIGEST` |
/// | the blobs of all such images, each once | `/usr/lib/containers-image-cache/blobs` |
/// | the service, which runs `skopeo copy` | `/usr/lib/systemd/system/embedded-NAME-HASH.service`, wanted by `multi-user.target` |
///
/// NAME is the last part of the repository without its tag. HASH is the start of the SHA-256 of the name in podman's storage, so that two
/// images never have one service. A drop-in or an `After=` needs it: `printf %s registry.example/fleet/radio:2 | sha256sum | cut -c 1-12`
/// prints it. It changes with the name, and not with the content of the image.
///
/// The service starts before the services of the quadlets and units of the image that name the container image, and before all
/// `.kube` quadlets. `skopeo` copies
/// only the layers that the storage does not have, and `/etc/containers/policy.json` does not apply, because it is for images
/// that are pulled. So a device has the content twice. Images of earlier updates stay in the storage of a device until
/// `podman image prune` removes them.
///
/// `lapstrake.lock` pins the digest of the image, for the architecture of the base. Nothing runs, so no engine is needed.
///
/// ```
/// use lapstrake::{Layer, entry::Embedded};
///
/// let image = Embedded::image("registry.example/fleet/radio:2");
/// assert_eq!(image.stored_name().unwrap().unwrap().as_str(), "registry.example/fleet/radio:2");
/// let layer = Layer::new("radio").embed("registry.example/fleet/radio:2");
/// assert_eq!(layer, Layer::new("radio").with(image));
/// assert_eq!(layer.build_stages().count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a container image is inside of an image only by `.embed(…)` of a layer"]
#[non_exhaustive]
pub struct Embedded {
    /// The image, as a stage without steps.
    pub stage: BuildStage,
    /// Its name in podman's storage, if that is not its reference.
    pub name: Option<Parsed<Reference>>,
    /// The accepted findings.
    pub attributes: Attributes,
}

impl Embedded {
    /// The directory of the images, as documentation of bootc names it for images that are physically bound.
    ///
    /// ```
    /// assert_eq!(lapstrake::entry::Embedded::DIRECTORY, "/usr/lib/containers-image-cache");
    /// ```
    pub const DIRECTORY: &str = "/usr/lib/containers-image-cache";

    /// Embeds an image of a registry. Its name in podman's storage is the reference, so that a quadlet has it as its `Image=`.
    #[track_caller]
    pub fn image(image: impl Text<Reference>) -> Self {
        Self::of(crate::Base::registry(image))
    }

    /// Embeds an image that is a layout or an archive in the workspace. It needs a name; see [`named`](Self::named).
    ///
    /// ```
    /// use lapstrake::{Base, Layer, entry::Embedded};
    ///
    /// let image = Embedded::of(Base::oci_archive("images/radio.tar")).named("localhost/radio:2");
    /// assert_eq!(image.stored_name().unwrap().unwrap().as_str(), "localhost/radio:2");
    /// assert!(Embedded::of(Base::oci("images/radio")).stored_name().is_none());
    /// Layer::new("radio").embed(image);
    /// ```
    #[track_caller]
    pub fn of(image: impl IntoBase) -> Self {
        Self { stage: BuildStage::on(image), name: None, attributes: Attributes::default() }
    }

    /// Sets the name of the image in podman's storage. Default: its reference in the registry.
    ///
    /// ```
    /// # use lapstrake::entry::Embedded;
    /// let image = Embedded::image("mirror.example/radio:2").named("registry.example/fleet/radio:2");
    /// assert_eq!(image.stored_name().unwrap().unwrap().repository(), "registry.example/fleet/radio");
    /// ```
    #[track_caller]
    pub fn named(mut self, name: impl Text<Reference>) -> Self {
        self.name = Some(Parsed::new(name));
        self
    }

    attribute_options!();

    /// Returns the name of the image in podman's storage; none for an image of the workspace without a name.
    ///
    /// # Errors
    /// If the name or the reference does not parse.
    pub fn stored_name(&self) -> Option<Result<&Reference, &Invalid>> {
        match (&self.name, self.stage.base.location.get()) {
            (Some(name), _) => Some(name.get()),
            (None, Ok(TransportRef::Registry(reference))) => Some(Ok(reference)),
            (None, Ok(_)) => None,
            (None, Err(error)) => Some(Err(error)),
        }
    }
}

faults!(Embedded { stage, name, attributes });

/// An image of a registry, by its reference.
impl From<&str> for Embedded {
    #[track_caller]
    fn from(image: &str) -> Self {
        Self::image(image)
    }
}

/// An image of a registry, by its reference.
impl From<String> for Embedded {
    #[track_caller]
    fn from(image: String) -> Self {
        Self::image(image)
    }
}
