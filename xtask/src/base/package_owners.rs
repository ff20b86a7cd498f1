//! Which package has a path: by the lists of the packages that the layers of an image install.

use std::collections::HashMap;
use std::sync::Arc;

use lapstrake::value::ImagePath;

use super::BaseIndex;
use crate::store::PackageFiles;

/// The packages of an image's layers, by the paths that they have. A directory may be of several packages, of which
/// the last layer's first is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackageOwners(HashMap<ImagePath, Arc<str>>);

impl PackageOwners {
    /// Adds the packages of a layer. rpm lists a path as the package has it, `/lib/x`, so the links that lead to it are
    /// followed in the tree with the layer.
    pub(crate) fn add(&mut self, files: &PackageFiles, index: &BaseIndex) {
        for (package, paths) in files.0.iter().rev() {
            let package: Arc<str> = package.as_str().into();
            // A list has the files of a directory one after the other.
            let mut last: Option<(&str, ImagePath)> = None;
            for path in paths {
                let Some((parent, name)) = path.rsplit_once('/') else { continue };
                if last.as_ref().is_none_or(|(known, _)| *known != parent) {
                    let path = ImagePath::parse(if parent.is_empty() { "/" } else { parent });
                    last =
                        path.ok().and_then(|path| index.tree().follow(&path).ok()).map(|path| (parent, path));
                }
                let path = last.as_ref().and_then(|(_, parent)| parent.join(name).ok());
                if let Some(path) = path {
                    self.0.insert(path, Arc::clone(&package));
                }
            }
        }
    }

    /// Returns the package that has a path.
    pub(crate) fn of(&self, path: &ImagePath) -> Option<&str> {
        self.0.get(path).map(|package| &**package)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::base::{BaseIndex, fixture::Tar, read_layer};

    #[test]
    fn a_path_of_a_package_is_found_where_links_lead_and_no_list_panics() {
        let tar = Tar::new()
            .directory("usr")
            .directory("usr/lib")
            .symlink("lib", "usr/lib")
            .symlink("loop", "loop");
        let layer = read_layer(&tar.end()[..]).unwrap();
        let index = BaseIndex::of([layer], usize::MAX).unwrap();
        let list = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>();
        let files = PackageFiles(BTreeMap::from([
            (
                "a-1-1.noarch".to_owned(),
                list(&["/lib/a", "/lib", "/loop/x", "", "/", "relative", "/lib/../x", "//"]),
            ),
            ("b-1-1.noarch".to_owned(), list(&["/usr/lib/a", "/usr/lib/b"])),
        ]));
        let mut owners = PackageOwners::default();
        owners.add(&files, &index);
        let of = |path: &str| owners.of(&ImagePath::parse(path).unwrap()).map(str::to_owned);
        assert_eq!(of("/usr/lib/a").as_deref(), Some("a-1-1.noarch"), "the first of two packages");
        assert_eq!(of("/usr/lib/b").as_deref(), Some("b-1-1.noarch"));
        assert_eq!(of("/lib").as_deref(), Some("a-1-1.noarch"));
        assert_eq!(of("/usr/lib/c"), None);
    }
}
