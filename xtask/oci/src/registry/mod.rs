//! Pushes images to a registry, as the OCI distribution spec defines it.
//!
//! The protocol is compiled always. The HTTP and TLS client is compiled only with the feature `registry`; without it,
//! [`Repository::connect`] fails.

mod challenge;
mod client;
mod credentials;
mod error;
mod host;
mod http;
#[cfg_attr(not(feature = "registry"), expect(dead_code, reason = "only the client reads a request"))]
mod message;
mod push;

pub use self::client::Repository;
pub use self::error::RegistryError;
pub use self::push::Pushed;
