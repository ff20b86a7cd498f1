//! How the JSON form of a plan writes an inode: `type`, and beside it the fields of that kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use lapstrake::Site;
use lapstrake::value::{Capabilities, ImagePath, Mode};
use lapstrake_oci::tree::{Kind, Metadata};
use serde::{Serialize, Serializer};

use super::{ContextFile, Member, Origin, PlannedLayer};

#[derive(Serialize)]
struct KindDocument<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<bool>,
}

impl<'a> KindDocument<'a> {
    fn of<F>(kind: &'a Kind<F>, file: impl Fn(&'a F) -> (&'a Origin, Option<bool>)) -> Self {
        let (from, executable) = match kind.file().map(file) {
            Some((from, executable)) => (Some(from), executable),
            None => (None, None),
        };
        Self { kind: kind.name(), target: kind.target(), from, executable }
    }
}

#[derive(Serialize)]
struct MemberDocument<'a> {
    mode: Mode,
    uid: u32,
    gid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities>,
    #[serde(flatten)]
    kind: KindDocument<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hardlink: Option<&'a ImagePath>,
    site: Option<Site>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    allowed: &'a BTreeMap<String, Site>,
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { metadata, kind, written: _, hardlink, site, extends: _, allowed } = self;
        let Metadata { mode, uid, gid, .. } = *metadata;
        let kind = KindDocument::of(kind, |from| (from, None));
        let capabilities = metadata.capabilities();
        let (hardlink, site) = (hardlink.as_ref(), *site);
        MemberDocument { mode, uid, gid, capabilities, kind, hardlink, site, allowed }.serialize(serializer)
    }
}

/// Serializes the files of a build context.
pub(super) fn context<S: Serializer>(
    files: &BTreeMap<String, Kind<ContextFile>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let document = |file| KindDocument::of(file, |file: &ContextFile| (&file.from, Some(file.executable)));
    serializer.collect_map(files.iter().map(|(path, file)| (path, document(file))))
}

pub(super) fn layers<S: Serializer>(layers: &[Arc<PlannedLayer>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(layers.iter().map(|layer| &**layer))
}
