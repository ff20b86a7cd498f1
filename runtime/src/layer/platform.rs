//! What a layer adds to the platform for all of its programs.

use super::Layer;
use crate::entry::CaCertificate;
use crate::value::Asset;

impl Layer {
    /// Trusts the certificate authorities in a file of the workspace; see [`CaCertificate`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::CaCertificate};
    /// let entry = CaCertificate::file("deploy/ca.pem");
    /// assert_eq!(Layer::new("ca").ca_certificate("deploy/ca.pem"), Layer::new("ca").with(entry));
    /// ```
    #[track_caller]
    pub fn ca_certificate(self, source: impl Into<Asset>) -> Self {
        self.with(CaCertificate::file(source))
    }
}
