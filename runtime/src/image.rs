//! An image: a name, a base, and the layers on it. What is in a layer is described by [`Layer`].

use crate::entry::{Entry, EntryKind, EntryType};
use crate::execution::printable;
use crate::faults::{Fault, Faults, faults};
use crate::value::{
    Argv, ContainerUser, ImageName, ImagePath, Invalid, LabelKey, Reference, StopSignal, Text, Variable,
};
use crate::{Arguments, Base, Execution, IntoBase, Layer, Parsed, Site};

/// The description of a layered bootc image. Methods write it; its fields, [`entries`](Self::entries) and
/// [`find`](Self::find) read it.
///
/// ```
/// use lapstrake::{Base, Image, Layer};
///
/// fn telematics(variant: &str) -> Image {
///     Image::new(format!("telematics-{variant}"), Base::stand_in())
///         .version("1.4.0")
///         .reference("registry.example/fleet/telematics:stable")
///         .label("org.example.variant", variant)
///         .layers([Layer::new("app").bin("sensord")])
/// }
/// let images = ["cluster", "infotainment"].map(telematics);
/// assert_ne!(images[0], images[1]);
///
/// let image = &images[0];
/// assert_eq!(image.name, "telematics-cluster");
/// assert_eq!(image.version.as_deref(), Some("1.4.0"));
/// assert_eq!(image.reference.as_ref().unwrap(), &"registry.example/fleet/telematics:stable");
/// assert_eq!((image.labels.len(), image.layers.len()), (1, 1));
/// assert_eq!(image.site.file(), file!());
/// assert_eq!(image.clone().layer(Layer::new("maps").dir("/usr/share/maps")).layers.len(), 2);
/// assert_eq!(image.clone().on(Base::oci("bases/autosd")).base, Base::oci("bases/autosd"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "an image is built only when `main` is given it"]
#[non_exhaustive]
pub struct Image {
    /// The name.
    pub name: Parsed<ImageName>,
    /// The image that the layers are put on.
    pub base: Base,
    /// The version; the base's if none.
    pub version: Option<String>,
    /// The reference that the image is tagged and pushed as; it is not pushed if none.
    pub reference: Option<Parsed<Reference>>,
    /// The labels, in the order of the calls.
    pub labels: Vec<(Parsed<LabelKey>, String)>,
    /// How a container of the image runs, where that is not as the base says.
    pub execution: Execution,
    /// The names of the checks whose findings about the image as a whole are accepted.
    pub allowed: Vec<Parsed<String>>,
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
    /// The place of the call of [`Image::new`].
    pub site: Site,
}

impl Image {
    /// Describes an image of that name, without a layer.
    #[track_caller]
    pub fn new(name: impl Text<ImageName>, base: impl IntoBase) -> Self {
        Self {
            name: Parsed::new(name),
            base: base.into_base(),
            version: None,
            reference: None,
            labels: Vec::new(),
            execution: Execution::default(),
            allowed: Vec::new(),
            layers: Vec::new(),
            site: Site::caller(),
        }
    }

    /// Sets the version that `bootc status` shows: the label `org.opencontainers.image.version`. Default: the
    /// base's version, if it has one.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the reference that the image is tagged and pushed as: `registry.example/fleet/telematics:stable`.
    /// Default: none.
    #[track_caller]
    pub fn reference(mut self, reference: impl Text<Reference>) -> Self {
        self.reference = Some(Parsed::new(reference));
        self
    }

    /// Adds a label to the image's config. A later label of the same key replaces an earlier one, and the
    /// base's.
    #[track_caller]
    pub fn label(mut self, key: impl Text<LabelKey>, value: impl Into<String>) -> Self {
        self.labels.push((Parsed::new(key), value.into()));
        self
    }

    /// Sets an environment variable for containers of the image, as `ENV` of a Containerfile does. A later value
    /// replaces an earlier one, and the base's. Run steps and the
    /// services of a device don't see it: `Run::env` is for steps, `Conf::environment` for services.
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).env("PORT", "8000\n");
    /// assert_eq!(image.faults().len(), 1, "a Containerfile has no sign for a new line");
    /// ```
    #[track_caller]
    pub fn env(mut self, name: impl Text<Variable>, value: impl Into<String>) -> Self {
        let value = printable(value.into());
        self.execution.env.push((Parsed::new(name), Parsed::of(value)));
        self
    }

    /// Sets the working directory of containers, which must be in the image (`WORKDIR`).
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).workdir("/srv");
    /// assert_eq!(image.execution.workdir.unwrap(), "/srv");
    /// ```
    #[track_caller]
    pub fn workdir(mut self, path: impl Text<ImagePath>) -> Self {
        let path = path.parse_text().and_then(|path| printable(path.to_string()).map(|_| path));
        self.execution.workdir = Some(Parsed::of(path));
        self
    }

    /// Sets the user of containers: `app`, `1000` or `app:app` (`USER`). Packages and run steps are root's all the same.
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).user("app");
    /// assert_eq!(image.execution.user.unwrap(), "app");
    /// ```
    #[track_caller]
    pub fn user(mut self, user: impl Text<ContainerUser>) -> Self {
        self.execution.user = Some(Parsed::new(user));
        self
    }

    /// Sets the program of containers and its first arguments, without a shell (`ENTRYPOINT […]`). The base's `CMD` is
    /// dropped, as podman does.
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).entrypoint(["/usr/bin/app", "--verbose"]);
    /// assert_eq!(image.execution.entrypoint.unwrap().0.len(), 2);
    /// ```
    #[track_caller]
    pub fn entrypoint(mut self, argv: impl Argv) -> Self {
        self.execution.entrypoint = Some(Arguments(argv.into_argv()));
        self
    }

    /// Sets what follows the entrypoint, or the program where the image has no entrypoint, without a shell (`CMD […]`).
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).cmd(["/usr/sbin/init"]);
    /// assert_eq!(image.execution.cmd.unwrap().0, ["/usr/sbin/init"]);
    /// ```
    #[track_caller]
    pub fn cmd(mut self, argv: impl Argv) -> Self {
        self.execution.cmd = Some(Arguments(argv.into_argv()));
        self
    }

    /// Sets the signal that stops a container: `SIGTERM`, `SIGRTMIN+3`, `15` (`STOPSIGNAL`).
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).stop_signal("SIGRTMIN+3");
    /// assert_eq!(image.execution.stop_signal.unwrap(), "SIGRTMIN+3");
    /// ```
    #[track_caller]
    pub fn stop_signal(mut self, signal: impl Text<StopSignal>) -> Self {
        self.execution.stop_signal = Some(Parsed::new(signal));
        self
    }

    /// Accepts what a check finds in the image as a whole, such as in its labels and its config.
    ///
    /// ```
    /// # use lapstrake::{Base, Image};
    /// let image = Image::new("telematics", Base::stand_in()).env("PORT", "8000").allow("container-config");
    /// assert_eq!(image.allowed[0], "container-config");
    /// ```
    #[track_caller]
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(Parsed::of(Ok(check.into())));
        self
    }

    /// Adds a layer on top.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds layers on top, in order.
    pub fn layers(mut self, layers: impl IntoIterator<Item = Layer>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// Puts the image on another base, as `--base` does.
    pub fn on(mut self, base: impl IntoBase) -> Self {
        self.base = base.into_base();
        self
    }

    /// Returns all entries of one type, from the lowest layer to the highest.
    ///
    /// ```
    /// use lapstrake::{Base, Image, Layer, entry::{Bin, Unit}};
    ///
    /// let image = Image::new("telematics", Base::stand_in())
    ///     .layer(Layer::new("units").unit(Unit::file("deploy/sensord.service").enabled()))
    ///     .layer(Layer::new("app").bin("sensord"));
    /// assert!(image.entries::<Unit>().all(|unit| unit.enabled));
    /// assert_eq!(image.entries::<Bin>().next().unwrap().name, "sensord");
    /// ```
    pub fn entries<E: EntryType>(&self) -> impl Iterator<Item = &E> {
        self.layers.iter().flat_map(|layer| &layer.entries).filter_map(Entry::get)
    }

    /// Returns the entry that puts something at `path`, as far as the description alone knows: the highest
    /// layer's, if no layer above it removes the path.
    ///
    /// It does not know the content of a tree of the workspace, of the base, of packages and of run steps, nor
    /// the links that enable a unit. It returns none for a text that is not an image path.
    ///
    /// ```
    /// use lapstrake::{Base, Image, Layer, entry::{Bin, File}};
    ///
    /// let app = Layer::new("app").bin("sensord").file("deploy/sensord.toml", "/etc/sensord.toml");
    /// let image = Image::new("telematics", Base::stand_in()).layer(app);
    /// assert_eq!(image.find("/usr/bin/sensord").unwrap().get::<Bin>().unwrap().name, "sensord");
    /// assert!(image.find("/etc/sensord.toml").unwrap().get::<File>().is_some());
    /// assert!(image.layer(Layer::new("slim").remove("/etc")).find("/etc/sensord.toml").is_none());
    /// ```
    pub fn find(&self, path: &str) -> Option<&Entry> {
        let path = ImagePath::parse(path).ok()?;
        let here = |entry: &&Entry| entry.kind.destination().is_some_and(|at| at.as_ref() == Ok(&path));
        for layer in self.layers.iter().rev() {
            // A layer's removals come before its files.
            if let Some(entry) = layer.entries.iter().rev().find(here) {
                return Some(entry);
            }
            let removes = |entry: &Entry| match &entry.kind {
                EntryKind::Remove(remove) => remove.path.get().is_ok_and(|removed| path.starts_with(removed)),
                _ => false,
            };
            if layer.entries.iter().any(removes) {
                return None;
            }
        }
        None
    }

    /// Returns every value that does not parse, with the place of the builder call that gave it.
    ///
    /// `cargo xtask image plan` reports all of them at once.
    ///
    /// ```
    /// use lapstrake::{Base, Image, Layer};
    ///
    /// let image = Image::new("Telematics", Base::stand_in()).layer(Layer::new("app").dir("usr/share"));
    /// let faults = image.faults();
    /// assert_eq!(faults[0].1.help(), Some("write `telematics`"));
    /// assert_eq!(faults[1].1.help(), Some("write `/usr/share`"));
    /// assert_eq!(faults[1].0.file(), file!());
    /// ```
    pub fn faults(&self) -> Vec<(Site, &Invalid)> {
        let mut found: Vec<Fault<'_>> = Vec::new();
        Faults::faults(self, &mut found);
        found
    }
}

faults!(Image { name, base, reference, labels, execution, allowed, layers; version, site });

/// Two images are equal when their descriptions are; the place of a call does not count.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, base, version, reference, labels, execution, allowed, layers, site: _ } = self;
        *name == other.name
            && *base == other.base
            && *version == other.version
            && *reference == other.reference
            && *labels == other.labels
            && *execution == other.execution
            && *allowed == other.allowed
            && *layers == other.layers
    }
}
