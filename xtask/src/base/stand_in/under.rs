//! The stand-in under a layer that anybody may have written, without a cache or a blob: what the fuzzer
//! builds on.

use super::tree;
use crate::base::BaseIndex;
use crate::base::layer::{self, LayerError, LayerTree, MEMBERS_MAX};
use crate::base::merge::merge;
use lapstrake::value::Architecture;

/// The stand-in's only layer, read.
pub(crate) struct StandIn(LayerTree);

impl StandIn {
    pub(crate) fn read() -> Result<Self, LayerError> {
        let tar = tree::tar(Architecture::host().unwrap_or(Architecture::Amd64)).unwrap_or_default();
        layer::read(tar.as_slice(), MEMBERS_MAX).map(Self)
    }

    /// The tree of both, where the tar is a layer at all.
    pub(crate) fn under(&self, tar: &[u8]) -> Result<BaseIndex, LayerError> {
        let layer = layer::read(tar, MEMBERS_MAX)?;
        merge([self.0.clone(), layer]).map_err(|(_, error)| error)
    }
}
