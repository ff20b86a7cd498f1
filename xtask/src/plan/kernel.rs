//! The kernel of an image.

use lapstrake::Site;
use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Tree;

use crate::base::File;
use crate::finding::Finding;

/// Where kernels are, each with its modules, in a directory that is its version.
const MODULES: &str = "/usr/lib/modules";

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
