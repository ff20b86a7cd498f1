//! A certificate authority that the programs of an image trust.

use crate::faults::faults;
use crate::value::Asset;

/// A certificate of an authority, where the image keeps the certificates that are trusted, and the step that makes the bundles
/// which programs read: once for all certificates of a layer.
///
/// | the image has | the certificate | the step |
/// |---|---|---|
/// | `update-ca-trust` (p11-kit) | `/usr/share/pki/ca-trust-source/anchors/NAME` | `update-ca-trust` |
/// | `update-ca-certificates` and `/etc/ca-certificates.conf` | `/usr/share/ca-certificates/NAME.crt`, and a line more in the list | `update-ca-certificates` |
///
/// The name is that of the file. The file has certificates as PEM alone, or one as DER where the image has p11-kit. A private key
/// is refused.
///
/// ```
/// use lapstrake::{Layer, entry::CaCertificate};
///
/// let layer = Layer::new("fleet").ca_certificate("deploy/fleet-ca.pem");
/// assert_eq!(layer, Layer::new("fleet").with(CaCertificate::file("deploy/fleet-ca.pem")));
/// assert_eq!(layer.assets().count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a certificate is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct CaCertificate {
    /// The file of the workspace.
    pub source: Asset,
}

impl CaCertificate {
    /// Trusts the certificates in a file of the workspace.
    pub fn file(source: impl Into<Asset>) -> Self {
        Self { source: source.into() }
    }
}

faults!(CaCertificate { source });
