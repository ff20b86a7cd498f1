//! Writes a build context to a folder, whole or not at all.

use std::io::{self, BufWriter, Write};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::{ImageName, LayerName};
use lapstrake::{Site, TransportRef};

use super::containerfile::{Contents, From, TARS, containerfile, tar_name};
use super::folder::{create_file, directory};
use super::{files, folder as step_folder, write_files};
use crate::base::Base;
use crate::inputs::Inputs;
use crate::layer::{Removals, write_tar};
use crate::plan::{Plan, Undecided};
use crate::support::explain::Explain;
use crate::support::folder::AtomicFolder;
use crate::support::parallel;
use lapstrake_oci::{Blobs, Layout, LayoutError};

/// The file that marks a folder as an emitted context, which may be replaced.
const MARK: &str = ".lapstrake-context";

/// A context could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmitError {
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` exists and was not written by `image emit`; it is not replaced")]
    Foreign { path: Utf8PathBuf },
    #[error("the base can't be put in the context")]
    Base(#[source] LayoutError),
    /// A context never leaves out what the description states.
    #[error("{} on the files that layer `{layer}` brings, and it is not built yet", depend(.statements))]
    Undecided { image: ImageName, layer: LayerName, statements: Vec<Undecided> },
}

/// Names the statements that can't be decided.
fn depend(statements: &[Undecided]) -> String {
    let names: Vec<_> = statements.iter().map(|statement| statement.what.as_str()).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "depends" } else { "depend" })
}

impl Explain for EmitError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Foreign { .. } => Some("name another folder with `--output DIR`".to_owned()),
            Self::Undecided { image, .. } => {
                Some(format!("run `cargo xtask image build {image}` first, and emit again"))
            }
            Self::Write { .. } | Self::Base(_) => None,
        }
    }

    fn site(&self) -> Option<Site> {
        match self {
            Self::Undecided { statements, .. } => statements.first().map(|statement| statement.site),
            Self::Write { .. } | Self::Foreign { .. } | Self::Base(_) => None,
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
    if let Some(first) = plan.undecided.first() {
        let (image, layer, statements) = (plan.name.clone(), first.layer.clone(), plan.undecided.clone());
        return Err(EmitError::Undecided { image, layer, statements });
    }
    let failed = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| EmitError::Write { path, source }
    };
    let is_empty = |path: &Utf8Path| path.read_dir_utf8().is_ok_and(|mut entries| entries.next().is_none());
    if to.exists() && !to.join(MARK).exists() && !is_empty(to) {
        return Err(EmitError::Foreign { path: to.to_owned() });
    }
    let folder = AtomicFolder::create(to).map_err(failed(to))?;
    let root = folder.path();
    directory(&root.join(TARS)).map_err(failed(to))?;
    let layers = plan.layers.iter().enumerate().filter(|(_, layer)| Contents::of(layer) == Contents::Members);
    parallel::each(layers, thread::available_parallelism(), |(index, layer)| {
        let path = root.join(tar_name(index, layer));
        let write = || -> io::Result<()> {
            let mut out = BufWriter::with_capacity(256 << 10, create_file(&path)?);
            write_tar(layer, staged.layer(&layer.name), Removals::Elsewhere, &mut out)?;
            out.flush()
        };
        write().map_err(failed(&to.join(tar_name(index, layer))))
    })?;
    for (index, layer) in plan.layers.iter().enumerate() {
        let name = step_folder(index, layer);
        let staged = staged.layer(&layer.name);
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
            let descriptor = base.local_image(cache).put_in(&layout).map_err(failed(&to.join("base")))?;
            layout.tag(plan.name.as_str(), &descriptor).map_err(EmitError::Base)?;
            From::Context(plan.name.as_str())
        }
    };
    let text = containerfile(plan, from);
    let write_file = |name: &str, bytes: &[u8]| create_file(&root.join(name))?.write_all(bytes);
    write_file("Containerfile", text.as_bytes()).map_err(failed(&to.join("Containerfile")))?;
    write_file(MARK, b"").map_err(failed(&to.join(MARK)))?;
    folder.commit().map_err(failed(to))
}
