//! What a push did.

/// What a push did.
///
/// ```
/// let pushed = lapstrake_oci::Pushed::default();
/// assert_eq!((pushed.present, pushed.mounted, pushed.sent, pushed.bytes), (0, 0, 0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// How many layers the repository had.
    pub present: u64,
    /// How many layers were mounted from another repository of the registry.
    pub mounted: u64,
    /// How many layers were sent.
    pub sent: u64,
    /// How many bytes of layers and config were sent.
    pub bytes: u64,
    /// How many requests were made, with those that were repeated.
    pub requests: u64,
}
