//! A plan as a build context for podman and buildah: a Containerfile, the layers' tars, and the base
//! where it is on no registry. The folder stands alone; it can be copied anywhere and built there.

mod containerfile;
mod context;
mod escape;
mod folder;
mod packages;
mod step;

pub(crate) use containerfile::{Contents, TARS, layer_steps, tar_name};
pub(crate) use context::{EmitError, emit};
pub(crate) use escape::exec;
pub(crate) use folder::{files, write_files};
pub(crate) use step::{Mounts, folder, named, run};
