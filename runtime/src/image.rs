//! An image: a name, a base, and the layers on it. What the layers hold is theirs to say.

use crate::value::{ImageName, Invalid, LabelKey, Reference};
use crate::{Base, Given, Layer, Site};

/// A layered bootc image, described.
///
/// ```
/// use lapstrake::{Base, Image, Layer};
///
/// fn telematics(variant: &str) -> Image {
///     Image::new(format!("telematics-{variant}"), Base::stand_in())
///         .version("1.4.0")
///         .repository("registry.example/fleet/telematics:stable")
///         .label("org.example.variant", variant)
///         .layers_from([Layer::new("app").bin("sensord")])
/// }
/// let images = ["cluster", "infotainment"].map(telematics);
/// assert_ne!(images[0], images[1]);
///
/// let image = &images[0];
/// assert_eq!(image.name().get().unwrap().as_str(), "telematics-cluster");
/// assert_eq!(image.given_version(), Some("1.4.0"));
/// assert_eq!(image.given_repository().unwrap().get().unwrap().as_str(), "registry.example/fleet/telematics:stable");
/// assert_eq!((image.labels().len(), image.layers().len()), (1, 1));
/// assert_eq!(image.site().file(), file!());
/// assert_eq!(image.clone().layer(Layer::new("maps").dir("/usr/share/maps")).layers().len(), 2);
/// assert_eq!(image.clone().on(Base::oci("bases/autosd")).base(), &Base::oci("bases/autosd"));
/// ```
#[derive(Debug, Clone)]
pub struct Image {
    name: Given<ImageName>,
    base: Base,
    version: Option<String>,
    repository: Option<Given<Reference>>,
    labels: Vec<(Given<LabelKey>, String)>,
    layers: Vec<Layer>,
    site: Site,
}

impl Image {
    /// An image of that name, with no layer yet.
    #[track_caller]
    pub fn new(name: impl TryInto<ImageName, Error: Into<Invalid>>, base: Base) -> Self {
        Self {
            name: Given::new(name),
            base,
            version: None,
            repository: None,
            labels: Vec::new(),
            layers: Vec::new(),
            site: Site::caller(),
        }
    }

    /// The version, as `bootc status` shows it: the label `org.opencontainers.image.version`.
    /// Default: the base's, if it has one.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Where `push` puts the image: `registry.example/fleet/telematics:stable`. Default: nowhere.
    #[track_caller]
    pub fn repository(mut self, reference: impl TryInto<Reference, Error: Into<Invalid>>) -> Self {
        self.repository = Some(Given::new(reference));
        self
    }

    /// Adds a label to the image's config; a later one of the same key wins, and over the base's.
    #[track_caller]
    pub fn label(
        mut self,
        key: impl TryInto<LabelKey, Error: Into<Invalid>>,
        value: impl Into<String>,
    ) -> Self {
        self.labels.push((Given::new(key), value.into()));
        self
    }

    /// Adds a layer on top.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds layers on top, in order.
    pub fn layers_from(mut self, layers: impl IntoIterator<Item = Layer>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// The same image on another base, as `--base` puts it.
    pub fn on(mut self, base: Base) -> Self {
        self.base = base;
        self
    }

    /// The name, as it was given.
    pub fn name(&self) -> &Given<ImageName> {
        &self.name
    }

    /// The base.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The version that was given.
    pub fn given_version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Where `push` puts it.
    pub fn given_repository(&self) -> Option<&Given<Reference>> {
        self.repository.as_ref()
    }

    /// The labels, in the order they were given.
    pub fn labels(&self) -> &[(Given<LabelKey>, String)] {
        &self.labels
    }

    /// The layers, the lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Where `Image::new` was called.
    pub fn site(&self) -> Site {
        self.site
    }
}

/// Two images are equal when they say the same; where they say it does not count.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.base == other.base
            && self.version == other.version
            && self.repository == other.repository
            && self.labels == other.labels
            && self.layers == other.layers
    }
}
