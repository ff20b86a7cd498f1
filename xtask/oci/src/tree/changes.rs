//! One layer, read as a change to the tree below it (OCI image spec, layer.md, "Representing Changes").

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use lapstrake::value::ImagePath;

use super::Node;

/// What one layer does to the tree below it, independent of the order in its tar.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{Changes, Node};
/// let mut layer = Changes::<()>::default();
/// layer.insert(ImagePath::parse("/etc")?, Node::directory())?;
/// layer.whiteout(ImagePath::parse("/etc/motd")?);
/// assert_eq!((layer.entries().len(), layer.whiteouts().len(), layer.opaque().len()), (1, 1, 0));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes<F> {
    entries: BTreeMap<ImagePath, Change<F>>,
    whiteouts: BTreeSet<ImagePath>,
    opaque: BTreeSet<ImagePath>,
}

/// What a layer puts at a path.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{Change, Node};
/// assert!(Change::Node(Node::<()>::directory()).is_directory());
/// assert!(!Change::<()>::Hardlink(ImagePath::root()).is_directory());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<F> {
    /// An inode.
    Node(Node<F>),
    /// Another name of what is at a path that the layer had not stated before: something of a lower layer,
    /// or something that the layer states later.
    Hardlink(ImagePath),
}

/// A member that a layer cannot have beside its others.
///
/// ```
/// # use lapstrake::value::{ImagePath, Mode};
/// # use lapstrake_oci::tree::{ChangeError, Changes, Kind, Metadata, Node};
/// let fifo = Node::<()>::new(Metadata::of_root(Mode::FILE), Kind::Fifo);
/// assert_eq!(Changes::default().insert(ImagePath::root(), fifo), Err(ChangeError::Root));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The root is a directory.
    #[error("`/` becomes something other than a directory")]
    Root,
    /// The layer itself makes one of the parents something other than a directory.
    #[error("`{path}` is below `{parent}`, which the same layer makes something other than a directory")]
    Through {
        /// The path.
        path: ImagePath,
        /// The parent.
        parent: ImagePath,
    },
    /// Directories have one name.
    #[error("`{path}` is a hardlink to `{target}`, which is a directory")]
    LinkToDirectory {
        /// The path.
        path: ImagePath,
        /// What it links to.
        target: ImagePath,
    },
}

impl<F> Default for Changes<F> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), whiteouts: BTreeSet::new(), opaque: BTreeSet::new() }
    }
}

impl<F> Change<F> {
    /// Returns whether it is a directory.
    ///
    /// ```
    /// # use lapstrake_oci::tree::{Change, Node};
    /// assert!(Change::Node(Node::<()>::directory()).is_directory());
    /// ```
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Node(node) if node.kind.is_directory())
    }

    /// Returns the file that the layer has there; none for a hardlink to another layer's.
    ///
    /// ```
    /// # use lapstrake_oci::tree::{Change, Node};
    /// assert_eq!(Change::Node(Node::<u8>::directory()).file(), None);
    /// ```
    pub fn file(&self) -> Option<&F> {
        match self {
            Self::Node(node) => node.kind.file(),
            Self::Hardlink(_) => None,
        }
    }
}

impl<F> Changes<F> {
    /// Returns what the layer puts where, sorted by path.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Changes;
    /// assert!(Changes::<()>::default().entries().is_empty());
    /// ```
    pub fn entries(&self) -> &BTreeMap<ImagePath, Change<F>> {
        &self.entries
    }

    /// Returns the files that the layer has, to be changed.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Changes;
    /// assert_eq!(Changes::<u8>::default().files_mut().count(), 0);
    /// ```
    pub fn files_mut(&mut self) -> impl Iterator<Item = &mut F> {
        self.entries.values_mut().filter_map(|change| match change {
            Change::Node(node) => node.kind.file_mut(),
            Change::Hardlink(_) => None,
        })
    }

    /// Returns the paths of the layers below that are gone.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Changes;
    /// assert!(Changes::<()>::default().whiteouts().is_empty());
    /// ```
    pub fn whiteouts(&self) -> &BTreeSet<ImagePath> {
        &self.whiteouts
    }

    /// Returns the directories of the layers below whose content is gone.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Changes;
    /// assert!(Changes::<()>::default().opaque().is_empty());
    /// ```
    pub fn opaque(&self) -> &BTreeSet<ImagePath> {
        &self.opaque
    }

    /// Returns the three of them.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Changes;
    /// let (entries, whiteouts, opaque) = Changes::<()>::default().into_parts();
    /// assert!(entries.is_empty() && whiteouts.is_empty() && opaque.is_empty());
    /// ```
    pub fn into_parts(self) -> (BTreeMap<ImagePath, Change<F>>, BTreeSet<ImagePath>, BTreeSet<ImagePath>) {
        (self.entries, self.whiteouts, self.opaque)
    }

    /// Hides a path of the layers below, and everything in it. What the layer itself puts there stays.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::Changes;
    /// let mut layer = Changes::<()>::default();
    /// layer.whiteout(ImagePath::parse("/etc/motd")?);
    /// assert!(layer.whiteouts().iter().map(ImagePath::as_str).eq(["/etc/motd"]));
    /// # Ok::<_, lapstrake::value::Invalid>(())
    /// ```
    pub fn whiteout(&mut self, path: ImagePath) {
        self.whiteouts.insert(path);
    }

    /// Hides what the layers below have in a directory, but not the directory.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::Changes;
    /// let mut layer = Changes::<()>::default();
    /// layer.make_opaque(ImagePath::parse("/etc")?);
    /// assert!(layer.opaque().iter().map(ImagePath::as_str).eq(["/etc"]));
    /// # Ok::<_, lapstrake::value::Invalid>(())
    /// ```
    pub fn make_opaque(&mut self, directory: ImagePath) {
        self.opaque.insert(directory);
    }

    /// Puts an inode at a path. The last one wins; what is not a directory takes the layer's own names below
    /// it away.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Changes, Kind, Metadata, Node};
    /// let mut layer = Changes::default();
    /// let file = Node::new(Metadata::of_root(Mode::FILE), Kind::File(()));
    /// layer.insert(ImagePath::parse("/etc/motd")?, file.clone())?;
    /// assert!(layer.insert(ImagePath::parse("/etc/motd/x")?, file).is_err());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When it is the root and not a directory, or is below something that the layer makes no directory.
    pub fn insert(&mut self, path: ImagePath, node: Node<F>) -> Result<(), ChangeError> {
        self.put(path, Change::Node(node))
    }

    /// Puts another name of `target` at a path. Where the layer has stated the target before, the name is of
    /// what is there now, even if the layer puts something else there later.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Change, Changes, Kind, Metadata, Node};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let file = Node::new(Metadata::of_root(Mode::FILE), Kind::File(1));
    /// let mut layer = Changes::default();
    /// layer.insert(path("/a"), file.clone())?;
    /// layer.link(path("/b"), path("/a"))?;
    /// layer.link(path("/c"), path("/below"))?;
    /// assert_eq!(layer.entries()["/b"], Change::Node(file));
    /// assert_eq!(layer.entries()["/c"], Change::Hardlink(path("/below")));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert), and when the layer has stated the target as a directory.
    pub fn link(&mut self, path: ImagePath, target: ImagePath) -> Result<(), ChangeError>
    where
        F: Clone,
    {
        let change = match self.entries.get(&target) {
            Some(change) if change.is_directory() => {
                return Err(ChangeError::LinkToDirectory { path, target });
            }
            Some(stated) => stated.clone(),
            None => Change::Hardlink(target),
        };
        self.put(path, change)
    }

    fn put(&mut self, path: ImagePath, change: Change<F>) -> Result<(), ChangeError> {
        let is_directory = change.is_directory();
        if path.is_root() && !is_directory {
            return Err(ChangeError::Root);
        }
        let mut above = path.as_str();
        while let Some((parent, _)) = above.rsplit_once('/') {
            let stated = self.entries.get_key_value(if parent.is_empty() { "/" } else { parent });
            if let Some((parent, _)) = stated.filter(|(_, change)| !change.is_directory()) {
                return Err(ChangeError::Through { parent: parent.clone(), path });
            }
            above = parent;
        }
        if !is_directory && self.entries.get(&path).is_none_or(Change::is_directory) {
            self.forget_below(&path);
        }
        self.entries.insert(path, change);
        Ok(())
    }

    fn forget_below(&mut self, path: &ImagePath) {
        let prefix = format!("{path}/");
        let rest = self.entries.range::<str, _>((Bound::Excluded(prefix.as_str()), Bound::Unbounded));
        let below: Vec<_> = rest
            .map(|(path, _)| path)
            .take_while(|path| path.as_str().starts_with(&prefix))
            .cloned()
            .collect();
        for path in below {
            self.entries.remove(&path);
        }
    }
}
