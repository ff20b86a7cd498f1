//! A layer: a name, and the entries that it adds to the layers below, in the order of the calls.

mod platform;
mod unit_states;

use crate::entry::{
    Bin, Copied, Dir, Edit, Entry, File, Group, IntoEntry, Kargs, Packages, Quadlet, Remove, Run, Symlink,
    Sysusers, Tmpfiles, Tree, Unit, User,
};
use crate::faults::faults;
use crate::value::{
    Argv, Asset, ImagePath, Karg, LayerName, PackageSpec, SysusersLine, Text, Texts, TmpfilesLine,
};
use crate::{BuildStage, Parsed, Site};

/// One layer of an image: one OCI layer, one `ADD` of the Containerfile.
///
/// Packages come first in a layer, then removals, then files and the state of units, then run steps, in any
/// order of the calls. So a unit that a package brings can be enabled in the layer of the package, and a file can
/// belong to a user of that package. The state of a unit that a run step brings is set after the step.
///
/// ```
/// use lapstrake::{Layer, entry::File};
///
/// let layer = Layer::new("app")
///     .bin("sensord")
///     .file("deploy/sensord.toml", "/etc/sensord.toml")
///     .with(File::text("token\n", "/etc/sensord.key").mode(0o640).owner("root:sensord"))
///     .enable("sensord.service");
/// assert_eq!(layer.name, "app");
/// assert_eq!(layer.entries.len(), 4);
/// assert_eq!(layer.assets().count(), 1);
/// assert_eq!(layer.site.file(), file!());
/// ```
#[derive(Debug, Clone)]
#[must_use = "a layer is part of an image only by `.layer(…)`"]
#[non_exhaustive]
pub struct Layer {
    /// The name.
    pub name: Parsed<LayerName>,
    /// The entries, in the order of the calls.
    pub entries: Vec<Entry>,
    /// The place of the call of [`Layer::new`].
    pub site: Site,
}

impl Layer {
    /// Describes an empty layer of that name.
    #[track_caller]
    pub fn new(name: impl Text<LayerName>) -> Self {
        Self { name: Parsed::new(name), entries: Vec::new(), site: Site::caller() }
    }

    /// Adds an entry of any type, with its options.
    #[track_caller]
    pub fn with(mut self, entry: impl IntoEntry) -> Self {
        self.entries.push(Entry::new(entry.into_entry()));
        self
    }

    /// Adds entries, in order, such as those of an iterator. The site of all is this call's.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Unit};
    ///
    /// let buses = ["can0", "can1"].map(|bus| Unit::text(format!("{bus}.service"), "[Service]\n"));
    /// assert_eq!(Layer::new("app").entries(buses).entries.len(), 2);
    /// ```
    #[track_caller]
    pub fn entries<E: IntoEntry>(mut self, entries: impl IntoIterator<Item = E>) -> Self {
        // Not a closure: that would be its own caller.
        for entry in entries {
            self.entries.push(Entry::new(entry.into_entry()));
        }
        self
    }

    /// Adds a binary that cargo builds, at `/usr/bin/NAME`, mode 0755.
    #[track_caller]
    pub fn bin(self, bin: impl Into<Bin>) -> Self {
        self.with(bin.into())
    }

    /// Adds a file of the workspace. Its mode is 0755 if its owner may execute it, else 0644.
    #[track_caller]
    pub fn file(self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.with(File::new(source, at))
    }

    /// Adds a file with this content, mode 0644.
    #[track_caller]
    pub fn text(self, content: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        self.with(File::text(content, at))
    }

    /// Adds the content of a directory of the workspace; see [`Tree`].
    ///
    /// ```
    /// # use lapstrake::Layer;
    /// assert_eq!(Layer::new("web").tree("web/dist", "/usr/share/web").assets().count(), 1);
    /// ```
    #[track_caller]
    pub fn tree(self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.with(Tree::new(source, at))
    }

    /// Adds a directory, mode 0755.
    ///
    /// ```
    /// # use lapstrake::{Layer, entry::Dir};
    /// assert_eq!(Layer::new("d").dir("/usr/share/maps"), Layer::new("d").with(Dir::new("/usr/share/maps")));
    /// ```
    #[track_caller]
    pub fn dir(self, at: impl Text<ImagePath>) -> Self {
        self.with(Dir::new(at))
    }

    /// Adds a symlink to `target` at `at`, as `ln -s target at` does. The target is not changed.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Symlink};
    /// let link = Symlink::to("../usr/share/zoneinfo/UTC", "/etc/localtime");
    /// assert_eq!(Layer::new("z").symlink("../usr/share/zoneinfo/UTC", "/etc/localtime"), Layer::new("z").with(link));
    /// ```
    #[track_caller]
    pub fn symlink(self, target: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        self.with(Symlink::to(target, at))
    }

    /// Removes a file or directory of the base or of a layer below.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Remove};
    /// let entry = Remove::new("/usr/share/doc");
    /// assert_eq!(Layer::new("slim").remove("/usr/share/doc"), Layer::new("slim").with(entry));
    /// ```
    #[track_caller]
    pub fn remove(self, path: impl Text<ImagePath>) -> Self {
        self.with(Remove::new(path))
    }

    /// Copies a file, a symlink, or a directory with its content that is below the layer; see [`Copied`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Copied};
    /// let entry = Copied::of("/etc/chrony.conf", "/usr/share/chrony.conf");
    /// assert_eq!(Layer::new("c").copy("/etc/chrony.conf", "/usr/share/chrony.conf"), Layer::new("c").with(entry));
    /// ```
    #[track_caller]
    pub fn copy(self, from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        self.with(Copied::of(from, at))
    }

    /// Moves a file, a symlink, or a directory with its content that is below the layer; see [`Copied`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Copied};
    /// let entry = Copied::renamed("/etc/a.repo", "/etc/a.off");
    /// assert_eq!(Layer::new("c").rename("/etc/a.repo", "/etc/a.off"), Layer::new("c").with(entry));
    /// ```
    #[track_caller]
    pub fn rename(self, from: impl Text<ImagePath>, at: impl Text<ImagePath>) -> Self {
        self.with(Copied::renamed(from, at))
    }

    /// Adds a systemd unit in `/usr/lib/systemd/system`: a file of the workspace, or a [`Unit`] with options.
    ///
    /// ```
    /// # use lapstrake::{Layer, entry::Unit};
    /// let layer = Layer::new("app").unit(Unit::file("deploy/sensord.service").enabled());
    /// assert_ne!(layer, Layer::new("app").unit("deploy/sensord.service"));
    /// ```
    #[track_caller]
    pub fn unit(self, unit: impl Into<Unit>) -> Self {
        self.with(unit.into())
    }

    /// Adds a quadlet in `/usr/share/containers/systemd`: a file of the workspace, or a [`Quadlet`] with options.
    ///
    /// ```
    /// # use lapstrake::{Layer, entry::Quadlet};
    /// let app = Quadlet::file("deploy/app.container");
    /// assert_eq!(Layer::new("app").quadlet("deploy/app.container"), Layer::new("app").with(app));
    /// ```
    #[track_caller]
    pub fn quadlet(self, quadlet: impl Into<Quadlet>) -> Self {
        self.with(quadlet.into())
    }

    /// Adds a user, which systemd creates at boot.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::User};
    /// let app = User::system("app").home("/var/lib/app");
    /// assert_eq!(Layer::new("u").user(app.clone()), Layer::new("u").with(app));
    /// ```
    #[track_caller]
    pub fn user(self, user: User) -> Self {
        self.with(user)
    }

    /// Adds a group, which systemd creates at boot.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Group};
    /// assert_eq!(Layer::new("g").group("can"), Layer::new("g").with(Group::new("can")));
    /// ```
    #[track_caller]
    pub fn group(self, group: impl Into<Group>) -> Self {
        self.with(group.into())
    }

    /// Sets the time zone: `/etc/localtime` links to that zone of the base.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Symlink};
    /// let link = Symlink::to("../usr/share/zoneinfo/Europe/Berlin", "/etc/localtime");
    /// assert_eq!(Layer::new("t").timezone("Europe/Berlin"), Layer::new("t").with(link));
    /// ```
    #[track_caller]
    pub fn timezone(self, zone: impl AsRef<str>) -> Self {
        self.with(Symlink::to(format!("../usr/share/zoneinfo/{}", zone.as_ref()), "/etc/localtime"))
    }

    /// Ships the content of a directory of the workspace as the first content of a directory below `/var`.
    ///
    /// It is in the image at `/usr/share/factory/VAR-PATH`, and systemd copies it at the first boot, if the directory does
    /// not exist (`C` of tmpfiles.d(5)). It is state from then on: no update changes it.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::{Tmpfiles, Tree}};
    /// let tree = Tree::new("www", "/usr/share/factory/var/www/html");
    /// let lines = Tmpfiles::lines("var-www-html", ["C /var/www/html"]);
    /// let layer = Layer::new("web").state_seed("www", "/var/www/html");
    /// assert_eq!(layer, Layer::new("web").with(tree).with(lines));
    /// ```
    #[track_caller]
    pub fn state_seed(self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        let site = Site::caller();
        let (tree, lines) = Tree::seed(source.into(), at.parse_text(), site);
        self.with(tree).with(lines)
    }

    /// Sets values of `/usr/lib/os-release`, such as `VARIANT_ID` (os-release(5)). The others stay.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Edit};
    /// let edit = Edit::of("/usr/lib/os-release").set("", "VARIANT", "\"Head unit\"");
    /// assert_eq!(Layer::new("os").os_release([("VARIANT", "Head unit")]), Layer::new("os").with(edit));
    /// ```
    #[track_caller]
    pub fn os_release<N: Into<String>, V: AsRef<str>>(
        self,
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.with(Edit::os_release(values))
    }

    /// Sets the zone of the firewall for network interfaces that are in no other.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Edit};
    /// let edit = Edit::of("/etc/firewalld/firewalld.conf").set("", "DefaultZone", "trusted");
    /// assert_eq!(Layer::new("f").default_zone("trusted"), Layer::new("f").with(edit));
    /// ```
    #[track_caller]
    pub fn default_zone(self, zone: impl Into<String>) -> Self {
        self.with(Edit::of("/etc/firewalld/firewalld.conf").set("", "DefaultZone", zone))
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
    pub fn sysusers(self, name: impl Into<String>, lines: impl Texts<SysusersLine>) -> Self {
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
    pub fn tmpfiles(self, name: impl Into<String>, lines: impl Texts<TmpfilesLine>) -> Self {
        self.with(Tmpfiles::lines(name, lines))
    }

    /// Adds `/usr/lib/tmpfiles.d/NAME.conf` with the lines that make at boot what packages have below `/var`
    /// ([`Tmpfiles::of_packages`]).
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Tmpfiles};
    /// let layer = Layer::new("platform").tmpfiles_of_packages("platform");
    /// assert_eq!(layer, Layer::new("platform").with(Tmpfiles::of_packages("platform")));
    /// ```
    #[track_caller]
    pub fn tmpfiles_of_packages(self, name: impl Into<String>) -> Self {
        self.with(Tmpfiles::of_packages(name))
    }

    /// Adds `/usr/lib/bootc/kargs.d/NAME.toml` with these kernel arguments.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Kargs};
    /// let layer = Layer::new("boot").kargs("10-quiet", ["quiet", "console=ttyS0"]);
    /// assert_eq!(layer, Layer::new("boot").with(Kargs::new("10-quiet", ["quiet", "console=ttyS0"])));
    /// ```
    #[track_caller]
    pub fn kargs(self, name: impl Into<String>, kargs: impl Texts<Karg>) -> Self {
        self.with(Kargs::new(name, kargs))
    }

    /// Installs packages with the base's package manager, in one transaction; [`Packages`] has options.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Packages};
    /// let layer = Layer::new("platform").packages(["vsomeip3", "dlt-daemon"]);
    /// assert_eq!(layer, Layer::new("platform").with(Packages::install(["vsomeip3", "dlt-daemon"])));
    /// ```
    #[track_caller]
    pub fn packages(self, packages: impl Texts<PackageSpec>) -> Self {
        self.with(Packages::install(packages))
    }

    /// Runs a program inside the image after the layer's files are in place, without a shell; [`Run`] has
    /// options.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Run};
    /// let layer = Layer::new("libraries").run(["ldconfig"]);
    /// assert_eq!(layer, Layer::new("libraries").with(Run::new(["ldconfig"])));
    /// ```
    #[track_caller]
    pub fn run(self, argv: impl Argv) -> Self {
        self.with(Run::new(argv))
    }

    /// Returns every asset that the layer's entries name, those of build stages too.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.entries.iter().flat_map(|entry| entry.kind.assets())
    }

    /// Returns every build stage whose results the layer holds.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, Layer, entry::Bin};
    /// let builder = BuildStage::on(Base::registry("registry.example/autosd-rust:1"));
    /// let layer = Layer::new("app").bin(Bin::new("sensord").in_stage(builder.clone()));
    /// assert!(layer.build_stages().eq([&builder]));
    /// ```
    pub fn build_stages(&self) -> impl Iterator<Item = &BuildStage> {
        self.entries.iter().flat_map(|entry| entry.kind.build_stages())
    }
}

faults!(Layer { name, entries; site });

/// Two layers are equal when their descriptions are; the place of a call does not count.
impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, entries, site: _ } = self;
        *name == other.name && *entries == other.entries
    }
}
