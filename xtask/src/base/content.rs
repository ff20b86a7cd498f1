//! Reads the content of files again out of the layer that holds them: small ones into memory, others into blobs.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use lapstrake_oci::tar::{LayerError, read_layer};
use lapstrake_oci::{Blobs, Budget, Digest};

/// A file of at most so many bytes is digested before it is written.
const SMALL: u64 = 64 << 10;

/// Returns the contents of those of the `wanted` files that the tar of a layer holds. They are wanted by digest, with
/// their size in bytes, because a hardlink has its content under another name.
pub(crate) fn read_contents(
    tar: &mut dyn Read,
    wanted: &HashSet<(u64, Digest)>,
) -> Result<HashMap<Digest, Vec<u8>>, LayerError> {
    let mut found = HashMap::new();
    let sizes: HashSet<u64> = wanted.iter().map(|(size, _)| *size).collect();
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

/// Keeps the contents of those of the `wanted` files that the tar of a layer holds as blobs, and returns their digests.
pub(crate) fn keep_contents(
    tar: &mut dyn Read,
    wanted: &HashSet<(u64, Digest)>,
    blobs: &Blobs,
) -> Result<HashSet<Digest>, LayerError> {
    let mut kept = HashSet::new();
    let sizes: HashSet<u64> = wanted.iter().map(|(size, _)| *size).collect();
    read_layer(tar, &Budget::largest(), |_, member, content| {
        if sizes.contains(&member.size) {
            let is_wanted = |digest: &Digest| wanted.contains(&(member.size, digest.clone()));
            kept.extend(keep_content(&mut content.take(member.size), member.size, is_wanted, blobs)?);
        }
        Ok(())
    })?;
    Ok(kept)
}

/// Keeps a content of so many bytes as a blob if its digest is wanted.
pub(crate) fn keep_content(
    content: &mut dyn Read,
    size: u64,
    is_wanted: impl Fn(&Digest) -> bool,
    blobs: &Blobs,
) -> io::Result<Option<Digest>> {
    if size <= SMALL {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        let digest = Digest::of(&bytes);
        if !is_wanted(&digest) {
            return Ok(None);
        }
        blobs.put(&bytes)?;
        return Ok(Some(digest));
    }
    let mut writer = blobs.writer()?;
    io::copy(content, &mut writer)?;
    Ok(writer.finish_if(is_wanted)?.map(|(digest, _)| digest))
}
