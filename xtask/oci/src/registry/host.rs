//! The host of a registry, and whether it may be spoken to without TLS.

use std::fmt;
use std::net::IpAddr;

use lapstrake::value::Reference;

use super::RegistryError;

/// The host of a registry, with its port if the reference has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host(String);

impl Host {
    /// Splits a reference into its host and the name of the repository there.
    pub(super) fn of(reference: &Reference) -> Result<(Self, String), RegistryError> {
        let no_host = || RegistryError::NoHost { reference: reference.clone() };
        let (host, name) = reference.repository().split_once('/').ok_or_else(no_host)?;
        if host.contains(['.', ':']) || host == "localhost" {
            Ok((Self(host.to_owned()), name.to_owned()))
        } else {
            Err(no_host())
        }
    }

    /// Returns the host and the port, as a URL has them.
    pub(super) fn authority(&self) -> &str {
        // The registry of `docker.io` has a name of its own.
        if self.0 == "docker.io" { "registry-1.docker.io" } else { &self.0 }
    }

    /// Returns the host and the port, as the user wrote them.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

/// Returns whether an authority (`host[:port]`) is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
