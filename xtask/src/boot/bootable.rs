//! Whether an image can boot at all, and what it boots: read from its tree, before anything is unpacked.
//! That a kernel starts is not known here, only that there is one.

use std::fmt;

use lapstrake::value::{Architecture, ImagePath};
use serde::Deserialize;

use crate::check::{Node, Tree};
use crate::support::explain::Explain;

const MODULES: &str = "/usr/lib/modules";
const KARGS: &str = "/usr/lib/bootc/kargs.d";
const INIT: &str = "/sbin/init";
/// What the boot's own unit runs.
const NEEDED: [&str; 2] = ["/bin/sh", "/usr/bin/systemctl"];
/// Where systemd looks for its default target, first to last (systemd.unit(5)).
const DEFAULT_TARGETS: [&str; 2] =
    ["/etc/systemd/system/default.target", "/usr/lib/systemd/system/default.target"];
/// No kernel and no initramfs is as small, in bytes.
const STUB_MAX: u64 = 4096;

/// What an image boots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bootable {
    pub(crate) kernel: ImagePath,
    pub(crate) initramfs: ImagePath,
    /// The kernel's, of the image alone.
    pub(crate) arguments: Vec<String>,
    /// The unit that the system is up with.
    pub(crate) target: String,
}

/// Why an image can't boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unbootable {
    /// No directory of /usr/lib/modules has a kernel.
    NoKernel,
    NoInitramfs {
        directory: ImagePath,
    },
    Several {
        kernels: Vec<ImagePath>,
    },
    Stub {
        path: ImagePath,
        size: u64,
    },
    /// Something else than systemd, or nothing.
    NoSystemd,
    NoTarget,
    Lacks {
        program: &'static str,
    },
}

/// A file of kargs.d; `bootc-kargs` has reported what is wrong with one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kargs {
    kargs: Vec<String>,
    match_architectures: Option<Vec<String>>,
}

impl Bootable {
    /// What the image with that tree boots.
    pub(crate) fn of(tree: &Tree<'_>, architecture: Architecture) -> Result<Self, Unbootable> {
        let (kernel, initramfs) = kernel(tree)?;
        if tree.follow(INIT).is_none_or(|init| init.path().file_name() != "systemd") {
            return Err(Unbootable::NoSystemd);
        }
        if let Some(program) = NEEDED.into_iter().find(|program| tree.follow(program).is_none()) {
            return Err(Unbootable::Lacks { program });
        }
        let arguments = arguments(tree, architecture);
        let target = target(tree, &arguments).ok_or(Unbootable::NoTarget)?;
        Ok(Self { kernel, initramfs, arguments, target })
    }
}

/// The one kernel that bootc would boot, and its initramfs.
fn kernel(tree: &Tree<'_>) -> Result<(ImagePath, ImagePath), Unbootable> {
    let file = |directory: &Node<'_>, name: &str| tree.follow(&format!("{}/{name}", directory.path()));
    let with_kernel = tree.children(MODULES).filter(|directory| file(directory, "vmlinuz").is_some());
    let with_kernel: Vec<_> = with_kernel.collect();
    let directory = match &with_kernel[..] {
        [] => return Err(Unbootable::NoKernel),
        [directory] => directory,
        _ => {
            let kernels = with_kernel.iter().map(|directory| directory.path().clone()).collect();
            return Err(Unbootable::Several { kernels });
        }
    };
    let real = |name| {
        let Some(node) = file(directory, name).filter(Node::is_file) else {
            return Err(Unbootable::NoInitramfs { directory: directory.path().clone() });
        };
        match node.size() {
            Some(size) if size <= STUB_MAX => Err(Unbootable::Stub { path: node.path().clone(), size }),
            _ => Ok(node.path().clone()),
        }
    };
    Ok((real("vmlinuz")?, real("initramfs.img")?))
}

/// The kernel arguments that bootc would give it, in the order of their files.
fn arguments(tree: &Tree<'_>, architecture: Architecture) -> Vec<String> {
    let files = tree.children(KARGS).filter(|node| node.ends_with(".toml"));
    let read = files.filter_map(|node| toml::from_str::<Kargs>(tree.text(node.path().as_str())?).ok());
    let here = |kargs: &Kargs| match &kargs.match_architectures {
        Some(listed) => listed.iter().any(|listed| listed == architecture.machine()),
        None => true,
    };
    read.filter(here).flat_map(|kargs| kargs.kargs).collect()
}

/// The target that the system starts, under its own name and not an alias.
fn target(tree: &Tree<'_>, arguments: &[String]) -> Option<String> {
    let asked = arguments.iter().rev().find_map(|argument| argument.strip_prefix("systemd.unit="));
    if let Some(asked) = asked {
        return Some(asked.to_owned());
    }
    let found = DEFAULT_TARGETS.into_iter().find_map(|path| tree.follow(path))?;
    Some(found.path().file_name().to_owned())
}

impl Explain for Unbootable {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Several { .. } => "remove the modules directory of each kernel but one",
            Self::NoKernel
            | Self::NoInitramfs { .. }
            | Self::Stub { .. }
            | Self::NoSystemd
            | Self::NoTarget
            | Self::Lacks { .. } => {
                "boot it on a base that is a whole system: `--base oci:DIR:TAG`, `--base docker://REF`"
            }
        };
        Some(help.to_owned())
    }
}

impl std::error::Error for Unbootable {}

impl fmt::Display for Unbootable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKernel => write!(f, "the image has no kernel: no `{MODULES}/*/vmlinuz`"),
            Self::NoInitramfs { directory } => {
                write!(f, "the kernel has no initramfs: no `{directory}/initramfs.img`")
            }
            Self::Several { kernels } => {
                let kernels: Vec<_> = kernels.iter().map(ImagePath::as_str).collect();
                write!(f, "the image has {} kernels: `{}`", kernels.len(), kernels.join("`, `"))
            }
            Self::Stub { path, size } => {
                write!(f, "`{path}` is a placeholder that does not boot: it has {size} bytes")
            }
            Self::NoSystemd => write!(f, "the image has no systemd as `{INIT}`"),
            Self::NoTarget => f.write_str("the image has no `default.target`"),
            Self::Lacks { program } => write!(f, "the image has no `{program}`, which ends the boot"),
        }
    }
}
