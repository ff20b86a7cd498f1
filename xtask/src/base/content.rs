//! Reads the content of small files again out of the layer that holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use lapstrake_oci::tar::{LayerError, read_layer};
use lapstrake_oci::{Budget, Digest};

/// Returns the contents of those of the `wanted` files that the tar of a layer holds. They are wanted by digest, with
/// their size in bytes, because a hardlink has its content under another name.
pub(crate) fn read_contents(
    tar: impl Read,
    wanted: &BTreeSet<(u64, Digest)>,
) -> Result<BTreeMap<Digest, Vec<u8>>, LayerError> {
    let mut found = BTreeMap::new();
    let sizes: BTreeSet<u64> = wanted.iter().map(|(size, _)| *size).collect();
    read_layer(tar, &Budget::largest(), |_, member, content| {
        if sizes.contains(&member.size) {
            let mut bytes = Vec::new();
            content.take(member.size).read_to_end(&mut bytes)?;
            let digest = Digest::of(&bytes);
            if wanted.contains(&(member.size, digest.clone())) {
                found.insert(digest, bytes);
            }
        }
        Ok(())
    })?;
    Ok(found)
}
