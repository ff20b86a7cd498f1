//! The words of a description. Each is parsed once, into a type that holds no invalid value.
//!
//! `lapstrake-macros` runs the same parsers inside rustc, so a literal that compiles is valid in the plan.
//! A parser looks at its text alone: not at a file, the base or another value.

mod architecture;
mod asset;
mod capabilities;
mod cargo;
mod conf_line;
mod container_user;
mod content_digest;
mod fetch_url;
mod glob;
mod health_check_name;
mod image_name;
mod image_path;
mod invalid;
mod karg;
mod label;
mod layer_name;
mod memory_limit;
mod mode;
mod module_stream;
mod motd_text;
mod owner;
mod package;
mod path_pattern;
mod plain_name;
mod port;
mod quadlet_name;
mod reference;
mod repository_id;
mod repository_url;
mod secret_id;
mod security_context;
mod selinux_name;
mod sshd_line;
mod stop_signal;
mod sysusers_line;
mod text;
pub(crate) mod time_span;
mod tmpfiles_line;
mod udev_rule;
mod unit_name;
mod user_name;
mod variable;
mod zone_name;

pub use architecture::Architecture;
pub use asset::Asset;
pub use capabilities::Capabilities;
pub use cargo::{BinName, CargoPackage, FeatureName, ProfileName, TargetTriple};
pub use conf_line::ConfLine;
pub use container_user::ContainerUser;
pub use content_digest::ContentDigest;
pub use fetch_url::FetchUrl;
pub use glob::Glob;
pub use health_check_name::HealthCheckName;
pub use image_name::ImageName;
pub use image_path::ImagePath;
pub use invalid::Invalid;
pub use karg::Karg;
pub use label::LabelKey;
pub use layer_name::LayerName;
pub use memory_limit::MemoryLimit;
pub use mode::Mode;
pub use module_stream::ModuleStream;
pub use motd_text::MotdText;
pub use owner::{Owner, Principal};
pub use package::PackageSpec;
pub use path_pattern::PathPattern;
pub use port::Port;
pub use quadlet_name::QuadletName;
pub use reference::Reference;
pub use repository_id::RepositoryId;
pub use repository_url::RepositoryUrl;
pub use secret_id::SecretId;
pub use security_context::SecurityContext;
pub use selinux_name::SelinuxName;
pub use sshd_line::SshdLine;
pub use stop_signal::StopSignal;
pub use sysusers_line::SysusersLine;
pub use text::{Argv, Text, Texts};
pub use tmpfiles_line::TmpfilesLine;
pub use udev_rule::{UdevPair, UdevRule};
pub use unit_name::{UnitKind, UnitName};
pub use user_name::UserName;
pub use variable::Variable;
pub use zone_name::ZoneName;

/// The conversions that every newtype over a text has: from `&str` and `String` by its own `parse`, to
/// a text by `Display`, and to JSON as that text.
macro_rules! text_newtype {
    ($name:ident) => {
        impl TryFrom<&str> for $name {
            type Error = $crate::value::Invalid;
            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::value::Invalid;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = $crate::value::Invalid;
            fn try_from(text: &String) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use text_newtype;
