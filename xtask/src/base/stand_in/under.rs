//! The stand-in under a layer that anybody may have written, without a cache or a blob: what the fuzzer
//! builds on.

use lapstrake::value::Architecture;
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::tree::{Changes, NODES_MAX};

use super::tree;
use crate::base::{BaseIndex, File, layer};

/// The stand-in's only layer, read.
pub(crate) struct StandIn(Changes<File>);

impl StandIn {
    pub(crate) fn read() -> Result<Self, LayerError> {
        // A machine of another architecture has no stand-in of its own.
        let architecture = Architecture::host().unwrap_or(Architecture::Amd64);
        let tar = tree::tar(architecture).expect("the tar is written to memory");
        layer::read(tar.as_slice()).map(Self)
    }

    /// Returns the tree of both layers, where the tar is a layer at all.
    pub(crate) fn under(&self, tar: &[u8]) -> Result<BaseIndex, LayerError> {
        let layer = layer::read(tar)?;
        BaseIndex::of([self.0.clone(), layer], NODES_MAX).map_err(|(_, error)| error)
    }
}
