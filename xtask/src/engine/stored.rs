//! A file of the tar that an engine wrote, while its layer is rewritten.

/// A file of the engine's tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) size: u64,
    /// Where its bytes begin; none for a file of the layers below.
    pub(super) at: Option<u64>,
}
