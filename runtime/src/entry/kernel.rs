//! The kernel of the image, replaced by another package's.

use super::initramfs::REGENERATE;
use super::{EntryKind, Packages, Run};
use crate::Parsed;
use crate::value::{PackageSpec, Text};

/// Replaces the image's kernel by that of another package. A layer gets it by [`kernel`](crate::Layer::kernel): one
/// transaction takes the old packages away and brings the new ones, and a step makes the initramfs.
///
/// After it the image has exactly one kernel, as bootc wants it: `/usr/lib/modules/VERSION` with `vmlinuz` and `initramfs.img`. What the
/// old kernel has left in `/usr/lib/modules` is removed, and what scriptlets have put in `/boot` for either. The step fails where the packages
/// have not left exactly one kernel, and on a base that has its kernel in `/usr/lib/ostree-boot`, too.
///
/// Options of the packages are those of another entry of the layer, because all packages of a layer are one transaction. The file of an
/// [`Initramfs`](super::Initramfs) in the layer is read, too.
///
/// ```
/// use lapstrake::{Layer, entry::{Kernel, Packages, Run}};
///
/// let realtime = Layer::new("realtime")
///     .kernel(Kernel::package("kernel-rt"))
///     .with(Packages::default().enable_repository("rt"));
/// assert_eq!(realtime.entries[0].get(), Some(&Packages::swap("kernel-core", "kernel-rt")));
/// assert!(realtime.entries[1].get::<Run>().is_some());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a kernel is replaced only by `.kernel(…)` of a layer"]
#[non_exhaustive]
pub struct Kernel {
    /// The package of the new kernel.
    pub package: Parsed<PackageSpec>,
    /// The package of the old kernel, which goes with all packages that need it.
    pub replaced: Parsed<PackageSpec>,
}

/// The globs of `/boot` are the names that kernel-install(8) and scriptlets of packages give. A directory of modules without a kernel
/// is what a package did not own: its initramfs, and the indexes of depmod.
const CLEAN: &str = "set -- /usr/lib/modules/*/vmlinuz
if [ ! -e \"$1\" ] || [ $# -gt 1 ]; then echo \"the image does not have exactly one kernel: $*\" >&2; exit 1; fi
kernel=${1%/vmlinuz}
kernel=${kernel##*/}
for copy in /usr/lib/ostree-boot/vmlinuz-*; do
if [ -e \"$copy\" ]; then echo \"the base has its kernel at $copy, too, and it would stay there\" >&2; exit 1; fi
done
for old in /usr/lib/modules/*; do
version=${old##*/}
rm -rf \"/boot/\"*\"-$version\" \"/boot/\"*\"-$version.\"* \"/boot/.\"*\"-$version.\"* \"/boot/\"*\"/$version\" \"/boot/loader/entries/\"*\"-$version.conf\"
if [ \"$version\" != \"$kernel\" ]; then rm -rf \"$old\"; fi
done
depmod \"$kernel\" || exit";

impl Kernel {
    /// Takes the kernel of a package, and of the packages that it requires, in the place of `kernel-core`.
    #[track_caller]
    pub fn package(package: impl Text<PackageSpec>) -> Self {
        Self { package: Parsed::new(package), replaced: Parsed::new("kernel-core") }
    }

    /// Sets the package that is replaced. Default: `kernel-core`, without which none of the distribution's packages of that kernel stays.
    ///
    /// ```
    /// # use lapstrake::entry::Kernel;
    /// assert_eq!(Kernel::package("kernel-rt").replacing("kernel-automotive-core").replaced, "kernel-automotive-core");
    /// ```
    #[track_caller]
    pub fn replacing(mut self, package: impl Text<PackageSpec>) -> Self {
        self.replaced = Parsed::new(package);
        self
    }
}

impl IntoIterator for Kernel {
    type Item = EntryKind;
    type IntoIter = std::array::IntoIter<EntryKind, 2>;

    fn into_iter(self) -> Self::IntoIter {
        let packages = Packages { swap: vec![(self.replaced, self.package)], ..Packages::default() };
        let run = Run::shell(format!("{CLEAN}\n{REGENERATE}"));
        [EntryKind::from(packages), EntryKind::from(run)].into_iter()
    }
}
