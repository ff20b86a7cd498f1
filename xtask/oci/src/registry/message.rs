//! An HTTP request and its answer, as the protocol needs them.

use std::fmt;
use std::io::Read;

/// A value that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Get,
    Post,
    Patch,
    Put,
}

impl Method {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Head => "HEAD",
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
        }
    }
}

/// What a request sends.
pub(super) enum Body<'a> {
    Empty,
    Bytes(&'a [u8]),
    /// That many bytes of a reader.
    Reader(&'a mut dyn Read, u64),
}

#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    /// Headers without secrets.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) authorization: Option<&'a Secret>,
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    /// The headers, with names in lowercase.
    pub(super) headers: Vec<(String, String)>,
    /// The body, up to 4 MiB.
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
