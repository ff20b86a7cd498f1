//! The entries of a layer. Each file has one kind of entry, with the options that make sense for it: a symlink
//! has no capability.

mod account;
mod attributes;
mod bin;
pub(crate) mod build_stage;
mod ca_certificate;
mod conf;
mod copied;
mod dir;
mod drop_in;
mod edit;
mod embedded;
mod environment_file;
mod file;
mod health_check;
mod initramfs;
mod kargs;
mod kernel;
mod kinds;
mod kmod;
mod motd;
mod packages;
mod qm;
mod quadlet;
mod remove;
mod repository;
mod run;
mod selinux;
mod source;
mod symlink;
mod sysusers;
mod tmpfiles;
mod tree;
mod unit;
mod unit_state;
mod zone;

pub use account::{Group, PasswordHash, User};
pub use attributes::Attributes;
pub use bin::Bin;
pub use ca_certificate::CaCertificate;
pub use conf::{Conf, Line};
pub use copied::Copied;
pub use dir::Dir;
pub use drop_in::DropIn;
pub use edit::{Change, Edit};
pub use embedded::Embedded;
pub use environment_file::EnvironmentFile;
pub use file::File;
pub use health_check::HealthCheck;
pub use initramfs::Initramfs;
pub use kargs::Kargs;
pub use kernel::Kernel;
pub use kinds::EntryRef;
pub use kmod::Kmod;
pub use motd::Motd;
pub use packages::Packages;
pub use qm::Qm;
pub use quadlet::Quadlet;
pub use remove::Remove;
pub use repository::{Repository, RepositorySource};
pub use run::{Run, Secret, SecretSource};
pub use selinux::Selinux;
pub use source::Source;
pub use symlink::Symlink;
pub use sysusers::Sysusers;
pub use tmpfiles::Tmpfiles;
pub use tree::Tree;
pub use unit::Unit;
pub use unit_state::{State, UnitState};
pub use zone::Zone;

use crate::faults::{Fault, Faults};
use crate::value::{Asset, ImagePath, Invalid};
use crate::{Parsed, Site};
use build_stage::BuildStage;

/// One entry of a layer, and the place where it was added.
///
/// ```
/// use lapstrake::{Layer, entry::{Entry, EntryKind}};
///
/// let layer = Layer::new("app").bin("sensord");
/// let entry: &Entry = &layer.entries[0];
/// assert!(matches!(entry.kind, EntryKind::Bin(_)));
/// assert_eq!(entry.site.file(), file!());
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// The entry itself.
    pub kind: EntryKind,
    /// The place where it was added to its layer.
    pub site: Site,
}

impl Entry {
    #[track_caller]
    pub(crate) fn new(kind: EntryKind) -> Self {
        Self { kind, site: Site::caller() }
    }

    /// Returns the entry, if it is of this type.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::{Bin, Unit}};
    ///
    /// let layer = Layer::new("app").bin("sensord");
    /// assert_eq!(layer.entries[0].get::<Bin>().unwrap().name, "sensord");
    /// assert!(layer.entries[0].get::<Unit>().is_none());
    /// ```
    pub fn get<E: EntryType>(&self) -> Option<&E> {
        E::of(&self.kind)
    }
}

impl Faults for Entry {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        self.kind.faults(found);
    }
}

/// Two entries are equal when their kinds are; the place of a call does not count.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The type of an entry: [`Bin`], [`Unit`], and so on. [`Image::entries`](crate::Image::entries) selects by it.
///
/// ```
/// use lapstrake::{Image, Base, Layer, entry::{Dir, EntryType}};
///
/// fn count<E: EntryType>(image: &Image) -> usize {
///     image.entries::<E>().count()
/// }
/// let image = Image::new("maps", Base::stand_in()).layer(Layer::new("maps").dir("/usr/share/maps"));
/// assert_eq!(count::<Dir>(&image), 1);
/// ```
pub trait EntryType: Into<EntryKind> + 'static {
    /// Returns the entry, if it is of this type.
    #[doc(hidden)]
    fn of(kind: &EntryKind) -> Option<&Self>;
}

/// An entry of a layer as the argument of a builder call: a [`Bin`], a [`File`], a [`Run`], and so on.
///
/// It is implemented for every type that converts into [`EntryKind`].
///
/// ```
/// use lapstrake::{Layer, entry::{IntoEntry, Remove, Run}};
///
/// fn last(layer: Layer, entry: impl IntoEntry) -> Layer {
///     layer.with(entry)
/// }
/// assert_eq!(last(Layer::new("slim"), Remove::new("/usr/share/doc")), Layer::new("slim").remove("/usr/share/doc"));
/// assert!(Run::new(["ldconfig"]).into_entry().destination().is_none());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entry of a layer",
    label = "expected an entry, such as a `File` or a `Run`",
    note = "a layer has a method for each entry without options: `.file(\"deploy/motd\", \"/etc/motd\")`",
    note = "`with` takes an entry with options: `.with(File::new(\"deploy/key\", \"/etc/key\").mode(0o600))`"
)]
pub trait IntoEntry {
    /// Returns the entry.
    fn into_entry(self) -> EntryKind;
}

#[diagnostic::do_not_recommend]
impl<E: Into<EntryKind>> IntoEntry for E {
    fn into_entry(self) -> EntryKind {
        self.into()
    }
}

/// The kinds of entries.
///
/// ```
/// use lapstrake::entry::{EntryKind, File, Remove};
///
/// let kind = EntryKind::from(File::text("x", "/etc/x").mode(0o600));
/// assert!(kind.attributes().unwrap().mode.is_some());
/// assert!(EntryKind::from(Remove::new("/etc/x")).attributes().is_none());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant holds the type that documents it")]
#[non_exhaustive]
pub enum EntryKind {
    Bin(Bin),
    CaCertificate(CaCertificate),
    Conf(Conf),
    Copied(Copied),
    Dir(Dir),
    DropIn(DropIn),
    Edit(Edit),
    Embedded(Embedded),
    EnvironmentFile(EnvironmentFile),
    File(File),
    Group(Group),
    HealthCheck(HealthCheck),
    Kargs(Kargs),
    Kmod(Kmod),
    Motd(Motd),
    Packages(Packages),
    Quadlet(Quadlet),
    Remove(Remove),
    Run(Run),
    Selinux(Selinux),
    Symlink(Symlink),
    Sysusers(Sysusers),
    Tmpfiles(Tmpfiles),
    Tree(Tree),
    Unit(Unit),
    UnitState(UnitState),
    User(User),
    Zone(Zone),
}

impl EntryKind {
    /// Returns the options that entries share, if it has them.
    pub fn attributes(&self) -> Option<&Attributes> {
        match self {
            Self::Bin(entry) => Some(&entry.attributes),
            Self::Conf(entry) => Some(&entry.attributes),
            Self::Dir(entry) => Some(&entry.attributes),
            Self::DropIn(entry) => Some(&entry.attributes),
            Self::Embedded(entry) => Some(&entry.attributes),
            Self::EnvironmentFile(entry) => Some(&entry.attributes),
            Self::File(entry) => Some(&entry.attributes),
            Self::Motd(entry) => Some(&entry.attributes),
            Self::Quadlet(entry) => Some(&entry.attributes),
            Self::Symlink(entry) => Some(&entry.attributes),
            Self::Tree(entry) => Some(&entry.attributes),
            Self::Unit(entry) => Some(&entry.attributes),
            Self::CaCertificate(_)
            | Self::Copied(_)
            | Self::Edit(_)
            | Self::Group(_)
            | Self::HealthCheck(_)
            | Self::Kargs(_)
            | Self::Kmod(_)
            | Self::Packages(_)
            | Self::Remove(_)
            | Self::Run(_)
            | Self::Selinux(_)
            | Self::Sysusers(_)
            | Self::Tmpfiles(_)
            | Self::UnitState(_)
            | Self::User(_)
            | Self::Zone(_) => None,
        }
    }

    /// Returns the names of the checks whose findings the entry accepts.
    ///
    /// ```
    /// use lapstrake::entry::{EntryKind, Run};
    ///
    /// let step = EntryKind::from(Run::new(["vendor-setup"]).allow("setuid"));
    /// assert_eq!(step.allowed()[0], "setuid");
    /// ```
    pub fn allowed(&self) -> &[Parsed<String>] {
        match self {
            Self::Copied(entry) => &entry.allowed,
            Self::Edit(entry) => &entry.allowed,
            Self::Packages(entry) => &entry.allowed,
            Self::Run(entry) => &entry.allowed,
            other => other.attributes().map_or(&[], |attributes| &attributes.allowed),
        }
    }

    /// Returns the path that the entry puts something at; none for an account, a certificate, a container image, a health
    /// check, a kernel module, a message, a zone, a change of the policy, a removal, a unit's state, packages and a run step. A tree's path is that of its directory.
    ///
    /// ```
    /// use lapstrake::entry::{Bin, EntryKind, Kargs, Remove};
    ///
    /// let path = |kind: EntryKind| kind.destination().map(|path| path.unwrap().to_string());
    /// assert_eq!(path(Bin::new("sensord").into()).unwrap(), "/usr/bin/sensord");
    /// assert_eq!(path(Kargs::new("10-quiet", ["quiet"]).into()).unwrap(), "/usr/lib/bootc/kargs.d/10-quiet.toml");
    /// assert_eq!(path(Remove::new("/etc/motd").into()), None);
    /// ```
    pub fn destination(&self) -> Option<Result<ImagePath, Invalid>> {
        let at = match self {
            Self::Bin(entry) => return Some(entry.destination()),
            Self::Unit(entry) => return Some(entry.destination()),
            Self::Quadlet(entry) => return Some(entry.destination()),
            Self::Conf(entry) => &entry.at,
            Self::Copied(entry) => &entry.at,
            Self::Dir(entry) => &entry.at,
            Self::DropIn(entry) => &entry.at,
            Self::Edit(entry) => &entry.at,
            Self::EnvironmentFile(entry) => &entry.at,
            Self::File(entry) => &entry.at,
            Self::Kargs(entry) => &entry.at,
            Self::Symlink(entry) => &entry.at,
            Self::Sysusers(entry) => &entry.at,
            Self::Tmpfiles(entry) => &entry.at,
            Self::Tree(entry) => &entry.at,
            Self::CaCertificate(_)
            | Self::Embedded(_)
            | Self::Group(_)
            | Self::HealthCheck(_)
            | Self::Kmod(_)
            | Self::Motd(_)
            | Self::Packages(_)
            | Self::Remove(_)
            | Self::Run(_)
            | Self::Selinux(_)
            | Self::UnitState(_)
            | Self::User(_)
            | Self::Zone(_) => return None,
        };
        Some(at.get().cloned().map_err(Clone::clone))
    }

    /// Returns the source of the entry's content, if it has one.
    pub(crate) fn source(&self) -> Option<&Source> {
        match self {
            Self::DropIn(entry) => Some(&entry.source),
            Self::EnvironmentFile(entry) => Some(&entry.source),
            Self::File(entry) => Some(&entry.source),
            Self::Kmod(entry) => Some(&entry.source),
            Self::Quadlet(entry) => Some(&entry.source),
            Self::Selinux(entry) => entry.source(),
            Self::Sysusers(entry) => entry.source.as_ref(),
            Self::Tmpfiles(entry) => entry.source.as_ref(),
            Self::Tree(entry) => Some(&entry.source),
            Self::Unit(entry) => Some(&entry.source),
            Self::Bin(_)
            | Self::CaCertificate(_)
            | Self::Conf(_)
            | Self::Copied(_)
            | Self::Dir(_)
            | Self::Edit(_)
            | Self::Embedded(_)
            | Self::Group(_)
            | Self::HealthCheck(_)
            | Self::Kargs(_)
            | Self::Motd(_)
            | Self::Packages(_)
            | Self::Remove(_)
            | Self::Run(_)
            | Self::Symlink(_)
            | Self::UnitState(_)
            | Self::User(_)
            | Self::Zone(_) => None,
        }
    }

    /// Returns the build stages whose results the entry takes.
    pub(crate) fn build_stages(&self) -> impl Iterator<Item = &BuildStage> {
        let only = match (self, self.source()) {
            (Self::Bin(bin), _) => bin.stage.as_deref(),
            (Self::Embedded(embedded), _) => Some(&embedded.stage),
            (_, Some(Source::BuildStage(stage, _))) => Some(&**stage),
            _ => None,
        };
        let of_packages = match self {
            Self::Packages(packages) => packages.stage_rpms.as_slice(),
            _ => &[],
        };
        only.into_iter().chain(of_packages.iter().map(|(stage, _)| stage))
    }

    /// Returns every asset that the entry names.
    pub(crate) fn assets(&self) -> Vec<&Asset> {
        let mut assets: Vec<&Asset> = match self {
            Self::CaCertificate(certificate) => vec![&certificate.source],
            Self::Kmod(kmod) => kmod.signature.iter().map(|(_, certificate)| certificate).collect(),
            Self::Packages(packages) => packages.assets().collect(),
            Self::Run(run) => run.assets().collect(),
            Self::User(user) => {
                let hash = user.password_hash.as_ref().and_then(PasswordHash::asset);
                user.authorized_keys.iter().chain(hash).collect()
            }
            _ => Vec::new(),
        };
        if let Some(Source::Asset(asset)) = self.source() {
            assets.push(asset);
        }
        assets.extend(self.build_stages().flat_map(BuildStage::assets));
        assets
    }
}
