//! The kernel of an image, and modules that are added to it.

use lapstrake::Site;
use lapstrake::entry::{Attributes, Kmod, Source};
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::Tree;

use super::Undecided;
use super::place::Placer;
use crate::base::File;
use crate::finding::Finding;

/// Where kernels are, each with its modules, in a directory that is its version.
const MODULES: &str = "/usr/lib/modules";
/// What kmod reads.
const SUFFIXES: [&str; 4] = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

/// Returns the directory of the only kernel of a tree.
pub(super) fn only_kernel(tree: &Tree<File>, site: Site) -> Result<ImagePath, Finding> {
    let modules = ImagePath::parse(MODULES).expect("it is a path");
    let directories = tree.children(&modules).filter_map(|(name, _)| modules.join(name).ok());
    let has_kernel = |path: &ImagePath| path.join("vmlinuz").is_ok_and(|kernel| tree.get(&kernel).is_some());
    let mut kernels = directories.filter(has_kernel);
    match (kernels.next(), kernels.next()) {
        (Some(kernel), None) => Ok(kernel),
        (Some(first), Some(second)) => {
            let message = format!("the image has two kernels, `{first}` and `{second}`");
            Err(Finding::fatal("kernel-modules", site, message).help("remove one of them"))
        }
        (None, _) => {
            let message = format!("the image has no kernel: no `{MODULES}/VERSION/vmlinuz`");
            Err(Finding::fatal("kernel-modules", site, message).help("build on a base with a kernel"))
        }
    }
}

impl Placer<'_, '_, '_> {
    /// Puts a kernel module in the layer.
    pub(super) fn kmod(&mut self, kmod: &Kmod, site: Site) {
        let name = match &kmod.source {
            Source::Asset(asset) => asset.path().file_name().map(str::to_owned),
            // An invalid path is reported where the stage is planned.
            Source::BuildStage(_, from) => from.get().ok().map(|from| from.file_name().to_owned()),
            Source::Text(_) | Source::Fetched(..) => None,
        };
        let Some(name) = name else { return };
        if !SUFFIXES.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix)) {
            let message = format!("`{}` is not a kernel module by its name", name.escape_debug());
            let finding = Finding::fatal("kernel-modules", site, message);
            self.findings.push(finding.help("name it `NAME.ko`, or `NAME.ko.xz` if it is compressed"));
            return;
        }
        if let Some(layer) = self.unseen {
            let what = format!("the kernel module `{name}`");
            self.undecided.push(Undecided { what, site, layer: layer.clone() });
            return;
        }
        let at = only_kernel(self.members.below.tree, site)
            .map(|kernel| ImagePath::parse(&format!("{kernel}/extra/{name}")));
        match at {
            Ok(Ok(at)) => self.source_file(&kmod.source, at, &Attributes::default(), Some(Mode::FILE), site),
            Ok(Err(error)) => self.findings.push(Finding::invalid(&error, site)),
            // The step reports it.
            Err(_) => {}
        }
    }
}
