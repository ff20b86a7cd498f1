//! A port of a transport protocol.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "port";
const PROTOCOLS: [&str; 4] = ["tcp", "udp", "sctp", "dccp"];

/// A port or a range of ports with its protocol, `7447/tcp` or `8000-8100/udp`, as firewall-cmd(1) takes it.
///
/// ```
/// use lapstrake::value::Port;
///
/// let port = Port::parse("8000-8100/udp").unwrap();
/// assert_eq!((port.number(), port.protocol()), ("8000-8100", "udp"));
/// assert_eq!(Port::parse("7447").unwrap_err().help(), Some("write `7447/tcp`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    number: String,
    protocol: String,
}

impl Port {
    /// Parses a port.
    ///
    /// ```
    /// # use lapstrake::value::Port;
    /// assert!(Port::parse("70000/tcp").is_err());
    /// assert!(Port::parse("9-8/tcp").is_err());
    /// ```
    ///
    /// # Errors
    /// When the number is not between 1 and 65535, a range is reversed, or the protocol is missing or unknown.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Some((number, protocol)) = text.split_once('/') else {
            let error = Invalid::whole(WHAT, text, "has no protocol");
            return Err(error.or_write(&format!("{text}/tcp"), Self::parse));
        };
        if !PROTOCOLS.contains(&protocol) {
            let start = number.len() + 1;
            let reason = "has none of the protocols `tcp`, `udp`, `sctp`, `dccp`";
            let error = Invalid::new(WHAT, text, start..text.len(), reason);
            return Err(error.or_write(&format!("{number}/{}", protocol.to_lowercase()), Self::parse));
        }
        let parsed = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
        let (first, last) = number.split_once('-').unwrap_or((number, number));
        match (parsed(first), parsed(last)) {
            (Some(first), Some(last)) if first <= last => {
                Ok(Self { number: number.to_owned(), protocol: protocol.to_owned() })
            }
            (Some(_), Some(_)) => Err(Invalid::new(WHAT, text, 0..number.len(), "is a reversed range")),
            _ => Err(Invalid::new(WHAT, text, 0..number.len(), "is not between 1 and 65535")),
        }
    }

    /// Returns the number, or the range of numbers.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Returns the protocol.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

text_newtype!(Port);
