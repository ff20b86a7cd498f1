//! The initramfs of the image, made anew by the image's own dracut.

use super::{Conf, EntryKind, Run};
use crate::Parsed;
use crate::value::{ConfLine, ImagePath, Invalid};

/// Makes the initramfs of the image's one kernel anew, with more in it than the base has. A layer gets it by `.entries(…)`: a file of
/// dracut.conf(5), and a step that runs dracut, which needs an engine.
///
/// The step comes after the packages and files of its layer, so that a module of dracut that a package brings can be added in
/// the layer of the package. It fails where the image does not have exactly one kernel. A copy of the initramfs in
/// `/usr/lib/ostree-boot`, which `aib reseal` takes, is replaced, too.
///
/// ```
/// use lapstrake::{Layer, entry::{Conf, Initramfs, Run}};
///
/// let unlock = Initramfs::regenerated().modules(["crypt", "tpm2-tss"]).drivers(["nvme"]);
/// let layer = Layer::new("unlock").packages(["tpm2-tss"]).entries(unlock);
/// let conf = layer.entries[1].get::<Conf>().unwrap();
/// assert_eq!(conf.at, "/usr/lib/dracut/dracut.conf.d/90-image.conf");
/// assert_eq!(conf.text().unwrap(), "add_dracutmodules+=\" crypt tpm2-tss \"\nadd_drivers+=\" nvme \"\n");
/// assert!(layer.entries[2].get::<Run>().is_some());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an initramfs is made only by `.entries(…)` of a layer"]
#[non_exhaustive]
pub struct Initramfs {
    /// The lines of dracut's configuration.
    pub lines: Vec<Parsed<ConfLine>>,
}

/// dracut has no way to ask for the kernel of an image, whose own kernel does not run. Extended attributes can't be copied in a
/// container (dracut(8), "`DRACUT_NO_XATTR`"). Sealing takes the initramfs of `/usr/lib/ostree-boot`, where an AutoSD base has one.
pub(super) const REGENERATE: &str = "set -- /usr/lib/modules/*/vmlinuz
if [ ! -e \"$1\" ] || [ $# -gt 1 ]; then echo \"the image does not have exactly one kernel: $*\" >&2; exit 1; fi
kernel=${1%/vmlinuz}
kernel=${kernel##*/}
made=/usr/lib/modules/$kernel/initramfs.img
DRACUT_NO_XATTR=1 dracut --force --no-hostonly --reproducible \"$made\" \"$kernel\" || exit
for other in \"/usr/lib/ostree-boot/initramfs-$kernel.img-\"*; do
if [ -e \"$other\" ]; then ln -f \"$made\" \"$other\" || exit; fi
done";

impl Initramfs {
    /// Makes it anew with what is in the image by then.
    pub fn regenerated() -> Self {
        Self { lines: Vec::new() }
    }

    /// Adds modules of dracut (`dracut --list-modules`), with the programs and units that they bring.
    ///
    /// ```
    /// # use lapstrake::entry::Initramfs;
    /// assert!(Initramfs::regenerated().modules(["clevis"]).lines[0].get().is_ok());
    /// assert!(Initramfs::regenerated().modules(["clevis\" "]).lines[0].get().is_err());
    /// ```
    #[track_caller]
    pub fn modules<N: AsRef<str>>(self, modules: impl IntoIterator<Item = N>) -> Self {
        self.line(ConfLine::dracut("add_dracutmodules", modules))
    }

    /// Leaves modules of dracut out.
    ///
    /// ```
    /// # use lapstrake::entry::Initramfs;
    /// assert_eq!(Initramfs::regenerated().omit(["plymouth"]).lines[0], "omit_dracutmodules+=\" plymouth \"");
    /// ```
    #[track_caller]
    pub fn omit<N: AsRef<str>>(self, modules: impl IntoIterator<Item = N>) -> Self {
        self.line(ConfLine::dracut("omit_dracutmodules", modules))
    }

    /// Adds drivers of the kernel, which the device needs before its root is there.
    ///
    /// ```
    /// # use lapstrake::entry::Initramfs;
    /// assert_eq!(Initramfs::regenerated().drivers(["nvme"]).lines[0], "add_drivers+=\" nvme \"");
    /// ```
    #[track_caller]
    pub fn drivers<N: AsRef<str>>(self, drivers: impl IntoIterator<Item = N>) -> Self {
        self.line(ConfLine::dracut("add_drivers", drivers))
    }

    #[track_caller]
    fn line(mut self, line: Result<ConfLine, Invalid>) -> Self {
        self.lines.extend(Parsed::all_of([line]));
        self
    }
}

impl IntoIterator for Initramfs {
    type Item = EntryKind;
    type IntoIter = std::vec::IntoIter<EntryKind>;

    #[track_caller]
    fn into_iter(self) -> Self::IntoIter {
        let run = EntryKind::from(Run::shell(REGENERATE));
        let entries = if self.lines.is_empty() {
            vec![run]
        } else {
            let at = Parsed::of(ImagePath::parse("/usr/lib/dracut/dracut.conf.d/90-image.conf"));
            let conf =
                Conf { at, section: None, lines: self.lines, attributes: super::Attributes::default() };
            vec![EntryKind::from(conf), run]
        };
        entries.into_iter()
    }
}
