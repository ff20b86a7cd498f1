//! Pushes images to a registry, and reads and writes small documents there, as the OCI distribution spec defines it.
//!
//! The client is compiled only with the feature `registry`. Without it, [`Repository::connect`] fails.

#[cfg(not(feature = "registry"))]
mod absent;
#[cfg(feature = "registry")]
mod challenge;
#[cfg(feature = "registry")]
mod client;
#[cfg(feature = "registry")]
mod credentials;
mod error;
#[cfg_attr(not(feature = "registry"), expect(dead_code, reason = "only the client asks a host"))]
mod host;
#[cfg(feature = "registry")]
mod http;
#[cfg(feature = "registry")]
mod message;
#[cfg(feature = "registry")]
mod push;
mod pushed;
#[cfg(feature = "registry")]
mod small;

#[cfg(not(feature = "registry"))]
pub use self::absent::Repository;
#[cfg(feature = "registry")]
pub use self::client::Repository;
pub use self::error::RegistryError;
pub use self::pushed::Pushed;
#[cfg(feature = "registry")]
pub(crate) use self::small::Document;
