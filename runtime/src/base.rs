//! The image that layers are put on: its place, not its content.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;

use crate::faults::faults;
use crate::value::{Architecture, Invalid, Reference, Text};
use crate::{Parsed, Site};

/// The bootc image that a description builds on.
///
/// ```
/// use lapstrake::Base;
/// use lapstrake::value::Architecture;
///
/// let base = Base::registry("registry.example/autosd-bootc:10").architecture("arm64");
/// assert_eq!(base, Base::at("docker://registry.example/autosd-bootc:10").architecture("arm64"));
/// assert_eq!(base.architecture.as_ref().unwrap().get(), Ok(&Architecture::Arm64));
/// assert_eq!(base.site().file(), file!());
///
/// assert_eq!(Base::containers_storage("localhost/base:1"), Base::at("containers-storage:localhost/base:1"));
/// assert_eq!(Base::oci("bases/autosd:latest"), Base::at("oci:bases/autosd:latest"));
/// assert_eq!(Base::oci_archive("base.tar"), Base::at("oci-archive:base.tar"));
/// assert_eq!(Base::stand_in().location, "stand-in");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Base {
    /// Its place.
    pub location: Parsed<TransportRef>,
    /// The architecture to take of several; if none, the target's.
    pub architecture: Option<Parsed<Architecture>>,
}

faults!(Base { location, architecture });

/// A [`Base`] as the argument of a builder call.
///
/// It is implemented for [`Base`] alone. The compiler's message for another type shows how a base is written.
///
/// ```
/// use lapstrake::{Base, Image, IntoBase};
///
/// fn telematics(base: impl IntoBase) -> Image {
///     Image::new("telematics", base)
/// }
/// assert_eq!(telematics(Base::stand_in()).base, Base::stand_in().into_base());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a base",
    label = "expected a value of type `Base`",
    note = "for an image in a registry, write `Base::registry(\"registry.example/autosd:1\")`",
    note = "for a text with any transport, write `Base::at(\"oci:bases/autosd\")`",
    note = "for a first build without a registry, write `Base::stand_in()`"
)]
pub trait IntoBase {
    /// Returns the base.
    fn into_base(self) -> Base;
}

impl IntoBase for Base {
    fn into_base(self) -> Base {
        self
    }
}

/// The place of a base, in the transport names of podman and skopeo (containers-transports(5)).
///
/// Relative paths in a description start at the workspace's root; on the command line, at the current
/// directory.
///
/// ```
/// use lapstrake::TransportRef;
///
/// let place: TransportRef = "oci:bases/autosd:latest".parse().unwrap();
/// assert_eq!(place, TransportRef::Oci { dir: "bases/autosd".into(), tag: Some("latest".to_owned()) });
/// assert_eq!(place.to_string(), "oci:bases/autosd:latest");
/// assert!("docker:registry.example/x:1".parse::<TransportRef>().is_err(), "it is `docker://`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransportRef {
    /// `docker://REFERENCE`: a registry.
    Registry(Reference),
    /// `containers-storage:REFERENCE`: podman's own storage, where `aib build` leaves its result.
    ContainersStorage(Reference),
    /// `oci:DIR[:TAG]`: an OCI layout on disk.
    Oci {
        /// The directory that holds `oci-layout`.
        dir: Utf8PathBuf,
        /// The image in it, by its `org.opencontainers.image.ref.name`; not needed where it is alone.
        tag: Option<String>,
    },
    /// `oci-archive:FILE[:TAG]`: such a layout in a tar file.
    OciArchive {
        /// The tar file.
        file: Utf8PathBuf,
        /// The image in it; not needed where it is alone.
        tag: Option<String>,
    },
    /// `stand-in`: a tiny bootc-shaped base that the tool writes itself. It does not boot; it is there
    /// so that a first build, a demo and a test need no network.
    StandIn,
}

impl Base {
    /// Names a base by any transport: `docker://…`, `containers-storage:…`, `oci:…`, `oci-archive:…`,
    /// `stand-in`.
    #[track_caller]
    pub fn at(location: impl Text<TransportRef>) -> Self {
        Self { location: Parsed::new(location), architecture: None }
    }

    /// Names a base in a registry.
    #[track_caller]
    pub fn registry(reference: impl Text<Reference>) -> Self {
        Self { location: Parsed::new(reference).map(TransportRef::Registry), architecture: None }
    }

    /// Names a base in podman's storage, as `aib build` makes it: `localhost/my-base-image:latest`.
    #[track_caller]
    pub fn containers_storage(reference: impl Text<Reference>) -> Self {
        Self { location: Parsed::new(reference).map(TransportRef::ContainersStorage), architecture: None }
    }

    /// Names a base in an OCI layout, `DIR` or `DIR:TAG`.
    #[track_caller]
    pub fn oci(place: &str) -> Self {
        Self::at(format!("oci:{place}"))
    }

    /// Names a base in an OCI archive, `FILE` or `FILE:TAG`.
    #[track_caller]
    pub fn oci_archive(place: &str) -> Self {
        Self::at(format!("oci-archive:{place}"))
    }

    /// Names the tool's own stand-in for a base: it has the shape of a bootc image and does not boot.
    #[track_caller]
    pub fn stand_in() -> Self {
        Self::at(TransportRef::StandIn)
    }

    /// Selects one image of a multi-architecture base. Default: the host's architecture, or that of
    /// `--target`.
    #[track_caller]
    pub fn architecture(mut self, architecture: impl Text<Architecture>) -> Self {
        self.architecture = Some(Parsed::new(architecture));
        self
    }

    /// Returns the place of the call that named the base.
    pub fn site(&self) -> Site {
        self.location.site()
    }
}

impl FromStr for TransportRef {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "base";
        let place = |rest: &str| {
            let (path, tag) = match rest.split_once(':') {
                Some((path, tag)) => (path, Some(tag)),
                None => (rest, None),
            };
            if path.is_empty() || tag == Some("") {
                return Err(Invalid::whole(WHAT, text, "lacks its path or tag"));
            }
            // A path may start with `//` to the kernel, but only a URL was ever written so.
            if let Some(plain) = rest.strip_prefix("//") {
                let transport = &text[..text.len() - rest.len()];
                let part = transport.len()..transport.len() + 2;
                let error = Invalid::new(WHAT, text, part, "is written as a URL");
                return Err(error.or(format!("write `{transport}{plain}`")));
            }
            Ok((Utf8PathBuf::from(path), tag.map(str::to_owned)))
        };
        if text == "stand-in" {
            Ok(Self::StandIn)
        } else if let Some(reference) = text.strip_prefix("docker://") {
            Reference::parse(reference).map(Self::Registry)
        } else if let Some(reference) = text.strip_prefix("containers-storage:") {
            Reference::parse(reference).map(Self::ContainersStorage)
        } else if let Some(rest) = text.strip_prefix("oci:") {
            place(rest).map(|(dir, tag)| Self::Oci { dir, tag })
        } else if let Some(rest) = text.strip_prefix("oci-archive:") {
            place(rest).map(|(file, tag)| Self::OciArchive { file, tag })
        } else {
            let reason = "names no transport: `docker://`, `containers-storage:`, `oci:`, `oci-archive:` or `stand-in`";
            let error = Invalid::whole(WHAT, text, reason);
            let bare = text.strip_prefix("docker:").unwrap_or(text);
            Err(if text.replace('_', "-").to_lowercase() == "stand-in" || text == "standin" {
                error.or("write `stand-in`")
            } else if Reference::parse(bare).is_ok() {
                error.or(format!("write `docker://{bare}`"))
            } else {
                error
            })
        }
    }
}

impl TryFrom<&str> for TransportRef {
    type Error = Invalid;
    fn try_from(text: &str) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl TryFrom<String> for TransportRef {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl fmt::Display for TransportRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tagged = |f: &mut fmt::Formatter<'_>, transport, path: &Utf8PathBuf, tag: &Option<String>| {
            write!(f, "{transport}:{path}")?;
            tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))
        };
        match self {
            Self::Registry(reference) => write!(f, "docker://{reference}"),
            Self::ContainersStorage(reference) => write!(f, "containers-storage:{reference}"),
            Self::Oci { dir, tag } => tagged(f, "oci", dir, tag),
            Self::OciArchive { file, tag } => tagged(f, "oci-archive", file, tag),
            Self::StandIn => f.write_str("stand-in"),
        }
    }
}
