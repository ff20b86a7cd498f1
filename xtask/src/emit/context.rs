//! Writes a build context: beside its place first, then into it by a rename, so that a killed run leaves
//! the old one, the new one or none, and never a part of one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;

use super::containerfile::{Contents, From, containerfile, tar_name};
use super::{files, folder, write_files};
use crate::base::Base;
use crate::inputs::Inputs;
use crate::layer::{Removals, write_tar};
use crate::plan::Plan;
use crate::support::explain::Explain;
use crate::support::parallel;
use lapstrake_oci::{Blobs, Layout, LayoutError};

/// The file by which a folder is known to be a context of ours, and may be replaced.
const MARK: &str = ".lapstrake-context";

/// A context could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmitError {
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` exists and is no context of ours; it is left as it is")]
    Foreign { path: Utf8PathBuf },
    #[error("the base can't be put in the context")]
    Base(#[source] LayoutError),
}

impl Explain for EmitError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Foreign { .. } => Some("name another folder with `--output DIR`".to_owned()),
            Self::Write { .. } | Self::Base(_) => None,
        }
    }
}

/// Writes the context of `plan` to the folder `to`.
pub(crate) fn emit(
    plan: &Plan,
    staged: &Inputs,
    base: &Base,
    cache: &Blobs,
    to: &Utf8Path,
) -> Result<(), EmitError> {
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| EmitError::Write { path, source }
    };
    let is_empty = |path: &Utf8Path| path.read_dir_utf8().is_ok_and(|mut entries| entries.next().is_none());
    if to.exists() && !to.join(MARK).exists() && !is_empty(to) {
        return Err(EmitError::Foreign { path: to.to_owned() });
    }
    let beside = to.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    fs::create_dir_all(beside).map_err(failed(beside))?;
    let fresh = tempfile::Builder::new().prefix(".emit-").tempdir_in(beside).map_err(failed(beside))?;
    let root = Utf8Path::from_path(fresh.path()).unwrap_or(to).to_owned();
    fs::create_dir(root.join("layers")).map_err(failed(&root))?;
    let layers = plan.layers.iter().enumerate().filter(|(_, layer)| Contents::of(layer) == Contents::Members);
    parallel::each(layers, thread::available_parallelism(), |(index, layer)| {
        let path = root.join(tar_name(index, layer));
        let write = || -> io::Result<()> {
            let mut out = BufWriter::with_capacity(256 << 10, File::create(&path)?);
            write_tar(layer, staged, Removals::Elsewhere, &mut out)?;
            out.flush()
        };
        write().map_err(failed(&to.join(tar_name(index, layer))))
    })?;
    for (index, layer) in plan.layers.iter().enumerate() {
        let name = folder(index, layer);
        write_files(&files(layer), staged, &root.join(&name)).map_err(failed(&to.join(name)))?;
    }
    let reference;
    let from = match &base.location {
        TransportRef::Registry(registry) => {
            reference = format!("{}@{}", registry.repository(), base.digest);
            From::Reference(&reference)
        }
        TransportRef::ContainersStorage(local) => From::Reference(local.as_str()),
        TransportRef::Oci { .. } | TransportRef::OciArchive { .. } | TransportRef::StandIn => {
            let layout = Layout::create_or_open(&root.join("base")).map_err(EmitError::Base)?;
            for (digest, size) in base.blobs() {
                layout.blobs().link_from(cache, &digest, size).map_err(failed(&to.join("base")))?;
            }
            layout.tag(plan.name.as_str(), &base.descriptor).map_err(EmitError::Base)?;
            From::Context(plan.name.as_str())
        }
    };
    let text = containerfile(plan, from);
    fs::write(root.join("Containerfile"), text).map_err(failed(&to.join("Containerfile")))?;
    fs::write(root.join(MARK), "").map_err(failed(&to.join(MARK)))?;
    open_to_all(&root).map_err(failed(to))?;
    // The old one is moved away whole, and goes when it is no longer in its place.
    let old = tempfile::Builder::new().prefix(".emit-").tempdir_in(beside).map_err(failed(beside))?;
    if to.exists() {
        fs::rename(to, old.path().join("old")).map_err(failed(to))?;
    }
    fs::rename(&root, to).map_err(failed(to))
}

/// A temporary folder is its owner's alone; a context is for other tools too.
fn open_to_all(folder: &Utf8Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}
