//! What the layers of one image may cost together: members, memory, time. Anybody may have written them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::tree::NODES_MAX;

/// An image of so many compressed bytes has the least budget; one of twice the size has twice the budget.
const SHARE: u64 = 100 << 20;
const MEMBERS: u64 = 2_000_000;
const COMPONENTS: u64 = 16_000_000;
const NODES: u64 = 400_000;
const MEMORY: u64 = 112 << 20;
/// A layer that inflates has at most so many bytes, and so many for each compressed byte.
const CONTENT: u64 = 2 << 30;
const CONTENT_RATIO: u64 = 32;

/// Limits what the layers of one image may cost together. All of them draw on one budget, in any order and on
/// several threads.
///
/// The budget is fixed by the compressed size of the image. Up to 100 MiB, it is enough for 2 million members of
/// all tars, 16 million components in their names, 400,000 paths in the tree, 112 MiB of memory for the layers before
/// they are a tree, and 2 GiB of content and 32 times the size. Real images of this size have less than a tenth. It
/// grows with the size, up to 20 times of this.
///
/// ```
/// use lapstrake_oci::Budget;
///
/// let budget = Budget::of_image(1 << 20);
/// assert!(budget.claim_memory(1 << 20));
/// assert!(!budget.claim_memory(1 << 30));
/// ```
#[derive(Debug)]
pub struct Budget {
    members: AtomicU64,
    components: AtomicU64,
    memory: AtomicU64,
    content: AtomicU64,
    nodes: usize,
}

impl Budget {
    /// Returns the budget of an image whose different blobs have so many bytes.
    pub fn of_image(compressed: u64) -> Self {
        let shares = compressed.div_ceil(SHARE).clamp(1, NODES_MAX as u64 / NODES);
        Self {
            members: AtomicU64::new(MEMBERS * shares),
            components: AtomicU64::new(COMPONENTS * shares),
            memory: AtomicU64::new(MEMORY * shares),
            content: AtomicU64::new(CONTENT.saturating_add(CONTENT_RATIO.saturating_mul(compressed))),
            nodes: usize::try_from(NODES * shares).unwrap_or(NODES_MAX),
        }
    }

    /// Returns the largest budget, for layers that this machine made itself.
    ///
    /// ```
    /// assert_eq!(lapstrake_oci::Budget::largest().nodes(), lapstrake_oci::tree::NODES_MAX);
    /// ```
    pub fn largest() -> Self {
        Self { content: AtomicU64::new(u64::MAX), ..Self::of_image(u64::MAX) }
    }

    /// Returns the budget with so many members left.
    ///
    /// ```
    /// let budget = lapstrake_oci::Budget::largest().members(1);
    /// assert!(budget.nodes() > 1);
    /// ```
    #[must_use]
    pub fn members(self, members: u64) -> Self {
        Self { members: AtomicU64::new(members), ..self }
    }

    /// Returns the most paths that the tree of the image may have.
    ///
    /// ```
    /// assert!(lapstrake_oci::Budget::largest().nodes() > 1_000_000);
    /// ```
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Takes so many bytes of memory, and returns whether they were left.
    pub fn claim_memory(&self, bytes: u64) -> bool {
        take(&self.memory, bytes)
    }

    /// Takes one member with so many components in its name.
    pub(crate) fn claim_member(&self, components: usize) -> bool {
        take(&self.members, 1) && take(&self.components, components as u64)
    }

    /// Takes so many bytes of content, and returns whether they were left.
    ///
    /// ```
    /// let budget = lapstrake_oci::Budget::of_image(1 << 20);
    /// assert!(budget.claim_content(2 << 30) && !budget.claim_content(1 << 30));
    /// ```
    pub fn claim_content(&self, bytes: u64) -> bool {
        take(&self.content, bytes)
    }
}

fn take(left: &AtomicU64, amount: u64) -> bool {
    left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(amount)).is_ok()
}
