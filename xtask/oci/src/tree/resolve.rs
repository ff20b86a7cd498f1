//! Follows symlinks inside an image as a process in it would: from the image's own root, and never out of
//! it (`path_resolution(7)`).

use lapstrake::value::ImagePath;

use super::{Branch, Entry, Kind, Tree};

/// Linux follows at most 40 symlinks in one path.
const SYMLINKS_MAX: usize = 40;

/// A path whose symlinks cannot be followed.
///
/// ```
/// # use lapstrake::value::{ImagePath, Mode};
/// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, ResolveError, Tree};
/// let circle = ImagePath::parse("/circle")?;
/// let mut tree = Tree::<()>::new();
/// let link = Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("circle"));
/// tree.insert(&circle, link, LayerNumber::LOWEST)?;
/// assert_eq!(tree.follow(&circle), Err(ResolveError::Loop { path: circle }));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Linux follows at most 40 symlinks in one path (`ELOOP`).
    #[error("`{path}` leads through more than {SYMLINKS_MAX} symlinks")]
    Loop {
        /// The path.
        path: ImagePath,
    },
    /// The path goes on below something that is not a directory (`ENOTDIR`).
    #[error("`{path}` is below `{at}`, which is not a directory")]
    NotDirectory {
        /// The path.
        path: ImagePath,
        /// What is not a directory, symlinks followed.
        at: ImagePath,
    },
}

impl<F> Tree<F> {
    /// Returns the path with every symlink among its parents followed. Its last component is not followed,
    /// as lstat(2) does; components that are missing are taken as they are written.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let mut tree = Tree::<()>::new();
    /// let link = Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("usr/bin"));
    /// tree.insert(&path("/bin"), link, LayerNumber::LOWEST)?;
    /// assert_eq!(tree.resolve(&path("/bin/sh"))?, path("/usr/bin/sh"));
    /// assert_eq!(tree.resolve(&path("/bin"))?, path("/bin"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When Linux would answer `ELOOP` or `ENOTDIR`.
    pub fn resolve(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        self.walk_path(path, false)
    }

    /// Returns the path with every symlink followed, its last component included, as stat(2) does.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let mut tree = Tree::<()>::new();
    /// let link = Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("../../usr/bin"));
    /// tree.insert(&path("/bin"), link, LayerNumber::LOWEST)?;
    /// assert_eq!(tree.follow(&path("/bin"))?, path("/usr/bin"), "`/..` is `/`");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When Linux would answer `ELOOP` or `ENOTDIR`.
    pub fn follow(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        self.walk_path(path, true)
    }

    fn walk_path(&self, path: &ImagePath, follows_last: bool) -> Result<ImagePath, ResolveError> {
        if self.is_plain(path, follows_last) {
            return Ok(path.clone());
        }
        Walker::new(&self.root, path, follows_last).walk()
    }

    /// Whether the path leads through directories only, or to something that is missing. Nearly all do.
    fn is_plain(&self, path: &ImagePath, follows_last: bool) -> bool {
        let mut branch = &*self.root;
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            let Some(found) = branch.children.get(name) else { return true };
            let is_last = names.peek().is_none();
            match found.node.kind {
                Kind::Directory => branch = found,
                Kind::Symlink { .. } if !is_last || follows_last => return false,
                _ => return is_last,
            }
        }
        true
    }
}

impl<F> Entry<'_, F> {
    /// Returns where an absolute path leads for a process whose root directory this is, as realpath(3) does:
    /// every symlink followed, each `..` taken where it is. None where a component is missing or the path
    /// cannot be followed.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let mut tree = Tree::<()>::new();
    /// tree.insert(&path("/qm/usr/lib64"), Node::directory(), LayerNumber::LOWEST)?;
    /// let link = Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("/usr/lib64"));
    /// tree.insert(&path("/qm/lib64"), link, LayerNumber::LOWEST)?;
    /// let qm = tree.get(&path("/qm")).unwrap();
    /// assert_eq!(qm.real("/lib64/../lib64/"), Some(path("/usr/lib64")));
    /// assert_eq!(qm.real("/missing/../lib64"), None);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn real(self, path: &str) -> Option<ImagePath> {
        let rest = path.strip_prefix('/')?.split('/').rev().map(str::to_owned).collect();
        let start = ImagePath::root();
        let walker = Walker { rest, must_exist: true, ..Walker::new(self.branch(), &start, true) };
        walker.walk().ok()
    }
}

/// The state of one walk along a path.
struct Walker<'t, 'p, F> {
    path: &'p ImagePath,
    follows_last: bool,
    /// Whether a component that is missing ends the walk.
    must_exist: bool,
    root: &'t Branch<F>,
    /// Components that are still to be walked, the last one first.
    rest: Vec<String>,
    /// The names walked so far, and what the tree has there.
    at: Vec<(String, Option<&'t Branch<F>>)>,
    symlinks: usize,
}

impl<'t, 'p, F> Walker<'t, 'p, F> {
    fn new(root: &'t Branch<F>, path: &'p ImagePath, follows_last: bool) -> Self {
        let mut rest: Vec<_> = path.components().map(str::to_owned).collect();
        rest.reverse();
        Self { path, follows_last, must_exist: false, root, rest, at: Vec::new(), symlinks: 0 }
    }

    fn walk(mut self) -> Result<ImagePath, ResolveError> {
        while let Some(name) = self.rest.pop() {
            match name.as_str() {
                "" | "." => {}
                // `/..` is `/`.
                ".." => drop(self.at.pop()),
                _ => self.step(name)?,
            }
        }
        self.join(None).ok_or_else(|| self.not_directory())
    }

    fn step(&mut self, name: String) -> Result<(), ResolveError> {
        let directory = self.at.last().map_or(Some(self.root), |(_, found)| *found);
        let found = directory.and_then(|directory| directory.children.get(&*name)).map(|branch| &**branch);
        match found.map(|branch| &branch.node.kind) {
            Some(Kind::Symlink { target }) if self.follows_last || !self.rest.is_empty() => {
                self.symlinks += 1;
                if self.symlinks > SYMLINKS_MAX {
                    return Err(ResolveError::Loop { path: self.path.clone() });
                }
                if target.starts_with('/') {
                    self.at.clear();
                }
                self.rest.extend(target.split('/').rev().map(str::to_owned));
            }
            Some(Kind::File(_) | Kind::Device { .. } | Kind::Fifo) if !self.rest.is_empty() => {
                self.at.push((name, found));
                return Err(self.not_directory());
            }
            // A name that no image path can hold is not a name of anything in the image.
            None if self.must_exist || self.join(Some(&name)).is_none() => return Err(self.not_directory()),
            Some(_) | None => self.at.push((name, found)),
        }
        Ok(())
    }

    fn not_directory(&self) -> ResolveError {
        let mut at = ImagePath::root();
        for (name, _) in &self.at {
            at = at.join(name).unwrap_or(at);
        }
        ResolveError::NotDirectory { path: self.path.clone(), at }
    }

    /// The path walked so far, and a name in it.
    fn join(&self, name: Option<&str>) -> Option<ImagePath> {
        let names: Vec<_> = self.at.iter().map(|(name, _)| name.as_str()).chain(name).collect();
        ImagePath::parse(&format!("/{}", names.join("/"))).ok()
    }
}
