//! A plan as a build context for podman and buildah: a Containerfile, the layers' tars, and the base
//! where it is on no registry. The folder stands alone; it can be copied anywhere and built there.

mod containerfile;
mod context;
mod escape;
mod packages;

pub(crate) use containerfile::{Contents, layer_steps, tar_name};
pub(crate) use context::{EmitError, emit};
