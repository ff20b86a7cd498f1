//! How a boot can fail.

use std::io;
use std::process::ExitStatus;

use camino::Utf8PathBuf;
use lapstrake::value::ImagePath;

use super::bootable::Unbootable;
use super::console::Last;
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::{BlobError, Digest};

/// An image did not boot, or could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    #[error(transparent)]
    Unbootable(#[from] Unbootable),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("the image has no program `{program}`")]
    NoProgram { program: String },
    #[error("layer `{digest}` can't be read")]
    Blob { digest: Digest, source: BlobError },
    #[error("layer `{digest}` can't be read")]
    Read { digest: Digest, source: io::Error },
    #[error("layer `{digest}` can't be unpacked")]
    Layer { digest: Digest, source: LayerError },
    #[error("the layer of the boot itself can't be unpacked")]
    Guest(#[source] LayerError),
    #[error("no layer has the content of `{path}`")]
    Lost { path: ImagePath },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{}` can't be made what it is in the image: its name has a line break, and debugfs reads names up to one", path.as_str().escape_debug())]
    LineBreak { path: ImagePath },
    #[error("the disk can't be made: `{program}` says `{said}`")]
    Disk { program: Program, said: String },
    #[error("the console of the machine can't be read")]
    Console(#[source] io::Error),
    #[error("the system was not up after {seconds} seconds")]
    NotUp {
        seconds: u64,
        #[source]
        last: Last,
    },
    #[error("`{command}` had not ended {seconds} seconds after the machine was started")]
    NotEnded {
        command: String,
        seconds: u64,
        #[source]
        last: Last,
    },
    #[error("the kernel does not go on: `{line}`")]
    Panic {
        line: String,
        #[source]
        last: Last,
    },
    #[error("the initramfs found no root filesystem: `{line}`")]
    NoRoot {
        line: String,
        #[source]
        last: Last,
    },
    #[error("the system does not come up: `{line}`")]
    Emergency {
        line: String,
        #[source]
        last: Last,
    },
    #[error("QEMU ended with {status}{}", said.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    Qemu {
        status: ExitStatus,
        said: Option<String>,
        #[source]
        last: Last,
    },
    #[error("the system was switched off before it was asked")]
    Off {
        #[source]
        last: Last,
    },
}

impl Explain for BootError {
    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Unbootable(error) => return error.help(),
            Self::Program(error) => return error.help(),
            Self::NoProgram { .. } => {
                "write the name of a program that it has, or add its package or binary to a layer"
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or build on another disk with `--target-dir DIRECTORY`"
            }
            Self::LineBreak { .. } => "give it another name",
            Self::NotUp { .. } | Self::NotEnded { .. } => "give it longer: `--timeout 600`",
            Self::Panic { line, .. } if line.contains("Unable to mount root fs") => {
                "the kernel or its initramfs must have `virtio_pci`, `virtio_blk` and `ext4`"
            }
            Self::Panic { line, .. } if line.contains("memory") => "give it more memory: `--memory 2048`",
            Self::Off { last } if last.is_empty() => {
                "its kernel printed nothing: give it more memory, `--memory 2048`"
            }
            Self::NoRoot { .. } => "the initramfs must have `virtio_pci`, `virtio_blk` and `ext4`",
            Self::Emergency { .. } => {
                "the first `FAILED` or `DEPEND` in the serial log names the unit; an image for bootc has no /etc/fstab"
            }
            Self::Blob { .. }
            | Self::Read { .. }
            | Self::Layer { .. }
            | Self::Guest(_)
            | Self::Lost { .. }
            | Self::Write { .. }
            | Self::Disk { .. }
            | Self::Console(_)
            | Self::Panic { .. }
            | Self::Qemu { .. }
            | Self::Off { .. } => return None,
        };
        Some(text.to_owned())
    }
}
