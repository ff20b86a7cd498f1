//! What is in the QM partition of an AutoSD image: it has a root of its own in the image.

use super::{DropIn, EntryKind, File, Packages, Run, Source, Symlink};
use crate::Parsed;
use crate::value::{Asset, ImagePath, Invalid, MemoryLimit, PackageSpec, Text, Texts, UnitName};

/// The root of the partition, and the directories that are mounted over its `/etc` and `/var`.
const ROOT: &str = "/usr/lib/qm/rootfs";
const ETC: &str = "/etc/qm";
/// Where systemd of the partition reads units.
const UNITS: &str = "/usr/lib/systemd/system";

/// The entries for the QM partition, which Automotive Image Builder makes: a root of its own below `/usr/lib/qm/rootfs`,
/// with its `/etc` at `/etc/qm`. Every path is one of the partition.
///
/// ```
/// use lapstrake::{Layer, entry::{File, Qm}};
///
/// let qm = Qm::new()
///     .packages(["mpd"])
///     .file("deploy/mpd.conf", "/etc/mpd.conf")
///     .unit("deploy/player.service")
///     .enable("player.service", "multi-user.target")
///     .quadlet("deploy/radio.container")
///     .memory_max("2G");
/// let layer = Layer::new("qm").entries(qm);
/// assert_eq!(layer.entries[2].get::<File>().unwrap().at, "/etc/qm/mpd.conf");
/// assert_eq!(layer.entries[5].get::<File>().unwrap().at, "/etc/qm/containers/systemd/radio.container");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "what is in the partition is part of an image only by `.entries(…)` of a layer"]
#[non_exhaustive]
pub struct Qm {
    /// The entries, with the paths that they have in the image.
    pub entries: Vec<EntryKind>,
}

impl Qm {
    /// Describes no change of the partition.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file of the workspace.
    ///
    /// ```
    /// # use lapstrake::entry::{EntryKind, Qm};
    /// let qm = Qm::new().file("deploy/hmi.toml", "/usr/share/hmi/hmi.toml");
    /// let EntryKind::File(file) = &qm.entries[0] else { panic!() };
    /// assert_eq!(file.at, "/usr/lib/qm/rootfs/usr/share/hmi/hmi.toml");
    /// ```
    #[track_caller]
    pub fn file(self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.with(File::new(source, at))
    }

    /// Adds a file with this content.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().text("hmi\n", "/etc/hostname").entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn text(self, content: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        self.with(File::text(content, at))
    }

    /// Adds a file with its options.
    ///
    /// ```
    /// # use lapstrake::entry::{File, Qm};
    /// assert_eq!(Qm::new().with(File::text("x", "/etc/key").mode(0o600)).entries.len(), 1);
    /// ```
    pub fn with(mut self, mut file: File) -> Self {
        let path = file.at.get().map_err(Clone::clone).and_then(in_image);
        file.at = Parsed::at(path, file.at.site());
        self.entries.push(file.into());
        self
    }

    /// Adds a unit file of the workspace for systemd of the partition.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().unit("deploy/player.service").entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn unit(self, source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = UnitName::parse(source.path().file_name().unwrap_or_default());
        let at = name.and_then(|name| ImagePath::parse(&format!("{UNITS}/{name}")));
        self.with(File {
            source: Source::Asset(source),
            at: Parsed::of(at),
            attributes: super::Attributes::default(),
            fills: Vec::new(),
        })
    }

    /// Starts a unit of the partition with a target of it, such as `multi-user.target`.
    ///
    /// ```
    /// # use lapstrake::entry::{EntryKind, Qm};
    /// let qm = Qm::new().enable("mpd.service", "multi-user.target");
    /// let EntryKind::Symlink(link) = &qm.entries[0] else { panic!() };
    /// let wants = "/usr/lib/qm/rootfs/usr/lib/systemd/system/multi-user.target.wants";
    /// assert_eq!(link.at, *format!("{wants}/mpd.service"));
    /// ```
    #[track_caller]
    pub fn enable(mut self, unit: impl Text<UnitName>, target: impl Text<UnitName>) -> Self {
        let (unit, target) = (unit.parse_text(), target.parse_text());
        let link = unit.and_then(|unit| target.map(|target| (format!("../{unit}"), target, unit)));
        let (to, at) = match link {
            Ok((to, target, unit)) => (to, ImagePath::parse(&format!("{ROOT}{UNITS}/{target}.wants/{unit}"))),
            Err(error) => (String::new(), Err(error)),
        };
        let attributes = super::Attributes::default();
        self.entries.push(Symlink { target: to, at: Parsed::of(at), attributes }.into());
        self
    }

    /// Adds a quadlet of the workspace for podman of the partition.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().quadlet("deploy/radio.container").entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn quadlet(self, source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = source.path().file_name().unwrap_or_default().to_owned();
        self.file(source, format!("/etc/containers/systemd/{name}"))
    }

    /// Installs packages in the partition, with dnf of the image and the image's repositories, without weak dependencies,
    /// as Automotive Image Builder does. No lock pins them.
    ///
    /// What they put below `/etc` of the root is copied to `/etc/qm`, because that is mounted over it. What they put below
    /// `/var` is not on a device: `StateDirectory=` or tmpfiles.d of the package makes it.
    ///
    /// ```
    /// # use lapstrake::entry::{EntryKind, Qm};
    /// let qm = Qm::new().packages(["mpd"]);
    /// let EntryKind::Run(install) = &qm.entries[0] else { panic!() };
    /// assert_eq!(install.argv.last().unwrap(), "mpd");
    /// ```
    #[track_caller]
    pub fn packages(mut self, packages: impl Texts<PackageSpec>) -> Self {
        let (valid, invalid): (Vec<_>, Vec<_>) =
            Parsed::all(packages).into_iter().partition(|package| package.get().is_ok());
        if !invalid.is_empty() {
            // It reports them.
            self.entries.push(Packages { install: invalid, ..Packages::default() }.into());
            return self;
        }
        let root = format!("--installroot={ROOT}");
        let options = [
            "dnf",
            "-y",
            &root,
            "--setopt=reposdir=/etc/yum.repos.d",
            "--setopt=install_weak_deps=False",
            "install",
        ];
        let words = options.into_iter().map(str::to_owned).chain(valid.iter().map(ToString::to_string));
        let install = Run::new(words.collect::<Vec<_>>()).network();
        // Of each package manager, what it keeps for itself.
        let kept = ["var/cache/dnf", "var/cache/libdnf5", "var/log"];
        let install = kept.iter().fold(install, |install, kept| install.cache(format!("{ROOT}/{kept}")));
        self.entries.push(install.into());
        // What is newer was changed by the packages.
        let copied = [format!("{ROOT}/etc/."), ETC.to_owned()];
        let copy = ["cp", "-a", "--update", "--"].map(str::to_owned).into_iter().chain(copied);
        self.entries.push(Run::new(copy.collect::<Vec<_>>()).into());
        self
    }

    /// Sets the most memory of the partition.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().memory_max("2G").entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn memory_max(self, limit: impl Text<MemoryLimit>) -> Self {
        self.limit("50-memory-max", "MemoryMax", limit.parse_text().map(|limit| limit.to_string()))
    }

    /// Sets the memory above which the partition is slowed down.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().memory_high("1800M").entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn memory_high(self, limit: impl Text<MemoryLimit>) -> Self {
        self.limit("50-memory-high", "MemoryHigh", limit.parse_text().map(|limit| limit.to_string()))
    }

    /// Sets the share of the processors, from 1 to 10000; that of the system is 100.
    ///
    /// ```
    /// # use lapstrake::entry::Qm;
    /// assert_eq!(Qm::new().cpu_weight(50).entries.len(), 1);
    /// ```
    #[track_caller]
    pub fn cpu_weight(self, weight: u32) -> Self {
        let text = weight.to_string();
        let is_weight = (1..=10_000).contains(&weight);
        let invalid = || Invalid::whole("weight of processors", &text, "is not between 1 and 10000");
        self.limit("50-cpu-weight", "CPUWeight", if is_weight { Ok(text.clone()) } else { Err(invalid()) })
    }

    /// A drop-in of the partition's service works whether its unit is generated or not.
    #[track_caller]
    fn limit(mut self, name: &str, key: &str, value: Result<String, Invalid>) -> Self {
        let text = value.as_ref().map(|value| format!("[Service]\n{key}={value}\n")).unwrap_or_default();
        let mut drop_in = DropIn::text(name, text, "qm.service");
        if let Err(error) = value {
            drop_in.at = Parsed::of(Err(error));
        }
        self.entries.push(drop_in.into());
        self
    }
}

/// Returns the path that a path of the partition has in the image.
fn in_image(path: &ImagePath) -> Result<ImagePath, Invalid> {
    let below = |directory: &str| {
        let rest = path.as_str().strip_prefix(directory)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    };
    if below("/var").is_some() {
        let error = Invalid::whole(
            "path of the QM partition",
            path.as_str(),
            "is state, which an image does not change",
        );
        return Err(error.or("let tmpfiles.d of the partition make it: a file in `/etc/tmpfiles.d`"));
    }
    match below("/etc") {
        Some(rest) => ImagePath::parse(&format!("{ETC}{rest}")),
        None => ImagePath::parse(&format!("{ROOT}{path}")),
    }
}

impl IntoIterator for Qm {
    type Item = EntryKind;
    type IntoIter = std::vec::IntoIter<EntryKind>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
