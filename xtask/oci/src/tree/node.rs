//! What is at a path: its metadata and its kind.

use std::sync::Arc;

use lapstrake::value::Mode;
use serde::{Deserialize, Serialize};

use super::Metadata;

/// One inode: its metadata and its kind.
///
/// ```
/// # use lapstrake::value::Mode;
/// # use lapstrake_oci::tree::{Kind, Metadata, Node};
/// let motd = Node::new(Metadata::of_root(Mode::FILE), Kind::File("hi\n"));
/// assert_eq!(motd.kind.file(), Some(&"hi\n"));
/// assert_ne!(motd, Node::directory());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node<F> {
    /// Mode, owner and extended attributes.
    pub metadata: Metadata,
    /// What kind of inode it is, and what it holds.
    pub kind: Kind<F>,
}

/// The kind of an inode, and what it holds. The names in a directory are the tree's, not the node's.
///
/// ```
/// # use lapstrake_oci::tree::Kind;
/// let kinds = [Kind::Directory, Kind::File(3), Kind::symlink("usr/bin"), Kind::Fifo];
/// assert_eq!(kinds.map(|kind| kind.name()), ["directory", "file", "symlink", "fifo"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind<F> {
    /// A directory.
    Directory,
    /// A regular file.
    File(F),
    /// A symlink.
    Symlink {
        /// What it points to, as it is written.
        target: Arc<str>,
    },
    /// A device node.
    Device {
        /// Whether it is a block device; a character device otherwise.
        is_block: bool,
        /// The major number.
        major: u32,
        /// The minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

/// A layer of an image, by its number from the lowest, which is 0. Layers of the base count.
///
/// ```
/// # use lapstrake_oci::tree::LayerNumber;
/// assert!(LayerNumber::LOWEST < LayerNumber::new(1));
/// assert_eq!(LayerNumber::new(7).get(), 7);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayerNumber(usize);

impl<F> Node<F> {
    /// Returns a node.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// # use lapstrake_oci::tree::{Kind, Metadata, Node};
    /// let bin = Node::<()>::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("usr/bin"));
    /// assert_eq!(bin.kind.target(), Some("usr/bin"));
    /// ```
    pub fn new(metadata: Metadata, kind: Kind<F>) -> Self {
        Self { metadata, kind }
    }

    /// Returns a directory of root's with mode 0755: what container engines make of a parent that no layer
    /// states.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Node;
    /// assert_eq!(Node::<()>::directory().metadata.mode.bits(), 0o755);
    /// ```
    pub fn directory() -> Self {
        Self::new(Metadata::of_root(Mode::PROGRAM), Kind::Directory)
    }

    /// Returns the node with another kind of file in it.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// # use lapstrake_oci::tree::{Kind, Metadata, Node};
    /// let file = Node::new(Metadata::of_root(Mode::FILE), Kind::File("text"));
    /// assert_eq!(file.map(str::len).kind, Kind::File(4));
    /// ```
    pub fn map<G>(self, file: impl FnOnce(F) -> G) -> Node<G> {
        Node { metadata: self.metadata, kind: self.kind.map(file) }
    }
}

impl<F> Kind<F> {
    /// Returns a symlink to `target`.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert_eq!(Kind::<()>::symlink("usr/bin").target(), Some("usr/bin"));
    /// ```
    pub fn symlink(target: impl Into<Arc<str>>) -> Self {
        Self::Symlink { target: target.into() }
    }

    /// Returns whether it is a directory.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert!(Kind::<()>::Directory.is_directory() && !Kind::<()>::Fifo.is_directory());
    /// ```
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory)
    }

    /// Returns whether it is a regular file.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert!(Kind::File(()).is_file() && !Kind::<()>::Fifo.is_file());
    /// ```
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// Returns the regular file, if it is one.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert_eq!((Kind::File(1).file(), Kind::<u8>::Fifo.file()), (Some(&1), None));
    /// ```
    pub fn file(&self) -> Option<&F> {
        match self {
            Self::File(file) => Some(file),
            Self::Directory | Self::Symlink { .. } | Self::Device { .. } | Self::Fifo => None,
        }
    }

    /// Returns the file, to be changed, if it is one.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// let mut kind = Kind::File(1);
    /// *kind.file_mut().unwrap() = 2;
    /// assert_eq!(kind, Kind::File(2));
    /// ```
    pub fn file_mut(&mut self) -> Option<&mut F> {
        match self {
            Self::File(file) => Some(file),
            Self::Directory | Self::Symlink { .. } | Self::Device { .. } | Self::Fifo => None,
        }
    }

    /// Returns the target of a symlink, as it is written, if it is one.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert_eq!(Kind::<()>::symlink("../x").target(), Some("../x"));
    /// ```
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Symlink { target } => Some(target),
            Self::Directory | Self::File(_) | Self::Device { .. } | Self::Fifo => None,
        }
    }

    /// Returns the word for the kind, as a message writes it.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// let null = Kind::<()>::Device { is_block: false, major: 1, minor: 3 };
    /// assert_eq!(format!("a {}", null.name()), "a device");
    /// ```
    pub fn name(&self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File(_) => "file",
            Self::Symlink { .. } => "symlink",
            Self::Device { .. } => "device",
            Self::Fifo => "fifo",
        }
    }

    /// Returns the kind with the file borrowed. It copies no text: targets are shared.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert_eq!(Kind::File("text".to_owned()).as_ref().map(|text| text.len()), Kind::File(4));
    /// ```
    pub fn as_ref(&self) -> Kind<&F> {
        match self {
            Self::Directory => Kind::Directory,
            Self::File(file) => Kind::File(file),
            Self::Symlink { target } => Kind::Symlink { target: Arc::clone(target) },
            Self::Device { is_block, major, minor } => {
                Kind::Device { is_block: *is_block, major: *major, minor: *minor }
            }
            Self::Fifo => Kind::Fifo,
        }
    }

    /// Returns the kind with another kind of file in it.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Kind;
    /// assert_eq!(Kind::File("text").map(str::len), Kind::File(4));
    /// assert_eq!(Kind::<&str>::Directory.map(str::len), Kind::Directory);
    /// ```
    pub fn map<G>(self, file: impl FnOnce(F) -> G) -> Kind<G> {
        match self {
            Self::Directory => Kind::Directory,
            Self::File(content) => Kind::File(file(content)),
            Self::Symlink { target } => Kind::Symlink { target },
            Self::Device { is_block, major, minor } => Kind::Device { is_block, major, minor },
            Self::Fifo => Kind::Fifo,
        }
    }
}

impl LayerNumber {
    /// The lowest layer.
    ///
    /// ```
    /// # use lapstrake_oci::tree::LayerNumber;
    /// assert_eq!(LayerNumber::LOWEST, LayerNumber::new(0));
    /// ```
    pub const LOWEST: Self = Self(0);

    /// Returns the layer with `number` layers below it.
    ///
    /// ```
    /// # use lapstrake_oci::tree::LayerNumber;
    /// assert_eq!(LayerNumber::new(2).get(), 2);
    /// ```
    pub const fn new(number: usize) -> Self {
        Self(number)
    }

    /// Returns the number of layers below it.
    ///
    /// ```
    /// # use lapstrake_oci::tree::LayerNumber;
    /// assert_eq!(LayerNumber::LOWEST.get(), 0);
    /// ```
    pub fn get(self) -> usize {
        self.0
    }
}
