//! A layer: a name, and what it puts on the layer below, in the order it was said.

use crate::entry::{
    Bin, Dir, Entry, EntryKind, File, Kargs, Packages, Remove, Run, Symlink, Sysusers, Tmpfiles, Tree, Unit,
    UnitState,
};
use crate::value::{
    Asset, ImagePath, Invalid, Karg, LayerName, PackageSpec, SysusersLine, TmpfilesLine, UnitName,
};
use crate::{Given, Site, Stage};

/// One layer of an image: one OCI layer, one `ADD` of the Containerfile.
///
/// Packages come first in a layer, whatever the order of the calls, then removals, then files, then
/// run steps: an image does not depend on how its description is laid out.
///
/// ```
/// use lapstrake::{Layer, entry::File};
///
/// let layer = Layer::new("app")
///     .bin("sensord")
///     .file("deploy/sensord.toml", "/etc/sensord.toml")
///     .with(File::text("token\n", "/etc/sensord.key").mode(0o640).owner("root:sensord"))
///     .enable("sensord.service");
/// assert_eq!(layer.entries().len(), 4);
/// assert_eq!(layer.name().get().unwrap().as_str(), "app");
/// assert_eq!(layer.assets().count(), 1);
/// assert_eq!(layer.site().file(), file!());
/// ```
#[derive(Debug, Clone)]
pub struct Layer {
    name: Given<LayerName>,
    entries: Vec<Entry>,
    site: Site,
}

impl Layer {
    /// An empty layer of that name.
    #[track_caller]
    pub fn new(name: impl TryInto<LayerName, Error: Into<Invalid>>) -> Self {
        Self { name: Given::new(name), entries: Vec::new(), site: Site::caller() }
    }

    /// Adds any entry, with the options its own type has.
    #[track_caller]
    pub fn with(mut self, entry: impl Into<EntryKind>) -> Self {
        self.entries.push(Entry::new(entry.into()));
        self
    }

    /// Adds entries, in order: what a function of yours returns, or a loop makes. The site of all is
    /// this call's.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Unit};
    ///
    /// let buses = ["can0", "can1"].map(|bus| Unit::text(format!("{bus}.service"), "[Service]\n"));
    /// assert_eq!(Layer::new("app").entries_from(buses).entries().len(), 2);
    /// ```
    #[track_caller]
    pub fn entries_from<E: Into<EntryKind>>(mut self, entries: impl IntoIterator<Item = E>) -> Self {
        // Not a closure: that would be its own caller.
        for entry in entries {
            self.entries.push(Entry::new(entry.into()));
        }
        self
    }

    /// Adds a binary that cargo builds, at `/usr/bin/NAME`, mode 0755.
    #[track_caller]
    pub fn bin(self, bin: impl Into<Bin>) -> Self {
        self.with(bin.into())
    }

    /// Adds a file of the workspace. Its mode is 0755 where its owner may execute it, else 0644.
    #[track_caller]
    pub fn file(self, source: impl Into<Asset>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.with(File::new(source, at))
    }

    /// Adds a file with this content, mode 0644.
    #[track_caller]
    pub fn text(self, content: impl Into<String>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.with(File::text(content, at))
    }

    /// Adds all that a directory of the workspace holds; see [`Tree`].
    ///
    /// ```
    /// use lapstrake::Layer;
    /// let layer = Layer::new("web").tree("web/dist", "/usr/share/web");
    /// assert_eq!(layer.assets().count(), 1);
    /// ```
    #[track_caller]
    pub fn tree(self, source: impl Into<Asset>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.with(Tree::new(source, at))
    }

    /// Adds a directory, mode 0755.
    ///
    /// ```
    /// use lapstrake::Layer;
    /// use lapstrake::entry::Dir;
    /// assert_eq!(Layer::new("d").dir("/usr/share/maps"), Layer::new("d").with(Dir::new("/usr/share/maps")));
    /// ```
    #[track_caller]
    pub fn dir(self, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.with(Dir::new(at))
    }

    /// Adds a symlink at `at` that points to `target`, which is taken as it is written.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Symlink};
    /// let said = Symlink::new("/etc/localtime", "../usr/share/zoneinfo/UTC");
    /// let layer = Layer::new("zone").symlink("/etc/localtime", "../usr/share/zoneinfo/UTC");
    /// assert_eq!(layer, Layer::new("zone").with(said));
    /// ```
    #[track_caller]
    pub fn symlink(
        self,
        at: impl TryInto<ImagePath, Error: Into<Invalid>>,
        target: impl Into<String>,
    ) -> Self {
        self.with(Symlink::new(at, target))
    }

    /// Removes a file or directory of the base or of a layer below.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Remove};
    /// let said = Remove::new("/usr/share/doc");
    /// assert_eq!(Layer::new("slim").remove("/usr/share/doc"), Layer::new("slim").with(said));
    /// ```
    #[track_caller]
    pub fn remove(self, path: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.with(Remove::new(path))
    }

    /// Adds a systemd unit in `/usr/lib/systemd/system`.
    ///
    /// ```
    /// use lapstrake::Layer;
    /// use lapstrake::entry::Unit;
    /// let layer = Layer::new("app").unit(Unit::file("deploy/sensord.service").enabled());
    /// assert_eq!(layer.assets().count(), 1);
    /// ```
    #[track_caller]
    pub fn unit(self, unit: impl Into<Unit>) -> Self {
        self.with(unit.into())
    }

    /// Enables a unit, of this image or of its base, as its `[Install]` section says.
    #[track_caller]
    pub fn enable(self, unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        self.with(UnitState::enabled(unit))
    }

    /// Disables a unit: takes away the links that enabling it made.
    ///
    /// ```
    /// use lapstrake::Layer;
    /// use lapstrake::entry::UnitState;
    /// let said = UnitState::disabled("avahi-daemon.service");
    /// assert_eq!(Layer::new("u").disable("avahi-daemon.service"), Layer::new("u").with(said));
    /// ```
    #[track_caller]
    pub fn disable(self, unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        self.with(UnitState::disabled(unit))
    }

    /// Masks a unit: nothing can start it.
    ///
    /// ```
    /// use lapstrake::Layer;
    /// use lapstrake::entry::UnitState;
    /// let said = UnitState::masked("rpcbind.socket");
    /// assert_eq!(Layer::new("u").mask("rpcbind.socket"), Layer::new("u").with(said));
    /// ```
    #[track_caller]
    pub fn mask(self, unit: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        self.with(UnitState::masked(unit))
    }

    /// Sets what the system boots to: `multi-user.target`.
    ///
    /// ```
    /// use lapstrake::Layer;
    /// use lapstrake::entry::UnitState;
    /// let said = UnitState::default_target("multi-user.target");
    /// assert_eq!(Layer::new("u").default_target("multi-user.target"), Layer::new("u").with(said));
    /// ```
    #[track_caller]
    pub fn default_target(self, target: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        self.with(UnitState::default_target(target))
    }

    /// Adds `/usr/lib/sysusers.d/NAME.conf` with these lines.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Sysusers};
    /// let lines = ["g web 990", "u web 990:990 \"Web server\""];
    /// let layer = Layer::new("app").sysusers("web", lines);
    /// assert_eq!(layer, Layer::new("app").with(Sysusers::lines("web", lines)));
    /// ```
    #[track_caller]
    pub fn sysusers<L>(self, name: &str, lines: impl IntoIterator<Item = L>) -> Self
    where
        L: TryInto<SysusersLine, Error: Into<Invalid>>,
    {
        self.with(Sysusers::lines(name, lines))
    }

    /// Adds `/usr/lib/tmpfiles.d/NAME.conf` with these lines.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Tmpfiles};
    /// let lines = ["d /var/lib/web 0750 web web -"];
    /// let layer = Layer::new("app").tmpfiles("web", lines);
    /// assert_eq!(layer, Layer::new("app").with(Tmpfiles::lines("web", lines)));
    /// ```
    #[track_caller]
    pub fn tmpfiles<L>(self, name: &str, lines: impl IntoIterator<Item = L>) -> Self
    where
        L: TryInto<TmpfilesLine, Error: Into<Invalid>>,
    {
        self.with(Tmpfiles::lines(name, lines))
    }

    /// Adds `/usr/lib/bootc/kargs.d/NAME.toml` with these kernel arguments.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Kargs};
    /// let layer = Layer::new("boot").kargs("10-quiet", ["quiet", "console=ttyS0"]);
    /// assert_eq!(layer, Layer::new("boot").with(Kargs::new("10-quiet", ["quiet", "console=ttyS0"])));
    /// ```
    #[track_caller]
    pub fn kargs<K>(self, name: &str, kargs: impl IntoIterator<Item = K>) -> Self
    where
        K: TryInto<Karg, Error: Into<Invalid>>,
    {
        self.with(Kargs::new(name, kargs))
    }

    /// Installs packages with the base's package manager, in one transaction; [`Packages`] has more to say.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Packages};
    /// let layer = Layer::new("platform").packages(["vsomeip3", "dlt-daemon"]);
    /// assert_eq!(layer, Layer::new("platform").with(Packages::new(["vsomeip3", "dlt-daemon"])));
    /// ```
    #[track_caller]
    pub fn packages<P>(self, packages: impl IntoIterator<Item = P>) -> Self
    where
        P: TryInto<PackageSpec, Error: Into<Invalid>>,
    {
        self.with(Packages::new(packages))
    }

    /// Runs a program inside the image after the layer's files are there. No shell is involved; [`Run`] has
    /// options.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Run};
    /// let layer = Layer::new("libraries").run(["ldconfig"]);
    /// assert_eq!(layer, Layer::new("libraries").with(Run::new(["ldconfig"])));
    /// ```
    #[track_caller]
    pub fn run<A: Into<String>>(self, argv: impl IntoIterator<Item = A>) -> Self {
        self.with(Run::new(argv))
    }

    /// The name, as it was given.
    pub fn name(&self) -> &Given<LayerName> {
        &self.name
    }

    /// What the layer holds, in the order it was said.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where `Layer::new` was called.
    pub fn site(&self) -> Site {
        self.site
    }

    /// Every asset that the layer's entries name, those of stages too.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.entries.iter().flat_map(|entry| entry.kind().assets())
    }

    /// Every stage whose results the layer holds.
    ///
    /// ```
    /// use lapstrake::{Base, Layer, Stage, entry::Bin};
    /// let builder = Stage::on(Base::registry("registry.example/autosd-rust:1"));
    /// let layer = Layer::new("app").bin(Bin::new("sensord").built_in(builder.clone()));
    /// assert!(layer.stages().eq([&builder]));
    /// ```
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.entries.iter().filter_map(|entry| entry.kind().stage())
    }
}

/// Two layers are equal when they say the same; where they say it does not count.
impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.entries == other.entries
    }
}
