//! The names, version and limits of the documents of an image layout (OCI image spec, image-layout.md).

pub(crate) const LAYOUT: &str = "oci-layout";
pub(crate) const INDEX: &str = "index.json";
pub(crate) const LAYOUT_VERSION: &str = "1.0.0";
/// The most bytes of `index.json` and `oci-layout`.
pub(crate) const INDEX_MAX: u64 = 8 << 20;
