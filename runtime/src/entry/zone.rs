//! A zone of the firewall.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{Port, Text, ZoneName};

/// A zone of firewalld with more in it than the base or the package has: `/etc/firewalld/zones/NAME.xml` is the
/// vendor's zone with these changes, as `firewall-offline-cmd` writes it. A zone that is nowhere is new.
///
/// ```
/// use lapstrake::{Layer, entry::Zone};
///
/// let public = Zone::new("public").port("7447/tcp").service("http").masquerade();
/// assert_eq!((public.ports.len(), public.services.len(), public.masquerade), (1, 1, true));
/// Layer::new("platform").packages(["firewalld"]).with(public);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a zone is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Zone {
    /// The name.
    pub name: Parsed<ZoneName>,
    /// The ports that are open.
    pub ports: Vec<Parsed<Port>>,
    /// The services of firewalld that are open.
    pub services: Vec<String>,
    /// The addresses whose packets are in the zone.
    pub sources: Vec<String>,
    /// The network interfaces that are in the zone.
    pub interfaces: Vec<String>,
    /// Whether what leaves by the zone has the address of this machine.
    pub masquerade: bool,
}

impl Zone {
    /// Describes a zone without changes.
    #[track_caller]
    pub fn new(name: impl Text<ZoneName>) -> Self {
        Self {
            name: Parsed::new(name),
            ports: Vec::new(),
            services: Vec::new(),
            sources: Vec::new(),
            interfaces: Vec::new(),
            masquerade: false,
        }
    }

    /// Opens a port, or a range of ports.
    ///
    /// ```
    /// # use lapstrake::entry::Zone;
    /// assert_eq!(Zone::new("public").port("8000-8100/udp").ports[0], "8000-8100/udp");
    /// ```
    #[track_caller]
    pub fn port(mut self, port: impl Text<Port>) -> Self {
        self.ports.push(Parsed::new(port));
        self
    }

    /// Opens a service, by the name that firewalld knows it by. The image must have a service of that name.
    ///
    /// ```
    /// # use lapstrake::entry::Zone;
    /// assert_eq!(Zone::new("public").service("mqtt-tls").services, ["mqtt-tls"]);
    /// ```
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.services.push(service.into());
        self
    }

    /// Puts packets from an address or a network in the zone, such as `192.168.0.0/16`.
    ///
    /// ```
    /// # use lapstrake::entry::Zone;
    /// assert_eq!(Zone::new("trusted").source("192.168.0.0/16").sources.len(), 1);
    /// ```
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.sources.push(source.into());
        self
    }

    /// Puts a network interface in the zone.
    ///
    /// ```
    /// # use lapstrake::entry::Zone;
    /// assert_eq!(Zone::new("trusted").interface("can0").interfaces, ["can0"]);
    /// ```
    pub fn interface(mut self, interface: impl Into<String>) -> Self {
        self.interfaces.push(interface.into());
        self
    }

    /// Gives what leaves by the zone the address of this machine.
    ///
    /// ```
    /// # use lapstrake::entry::Zone;
    /// assert!(Zone::new("external").masquerade().masquerade);
    /// ```
    pub fn masquerade(mut self) -> Self {
        self.masquerade = true;
        self
    }
}

faults!(Zone { name, ports; services, sources, interfaces, masquerade });
