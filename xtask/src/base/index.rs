//! The tree that the layers of a base make, and what it says of the base: texts, accounts, whether it is
//! sealed. `cache` keeps it.

use lapstrake::value::ImagePath;
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::tree::{Changes, LayerNumber, Tree};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::capture::wants_text;
use super::file::{self, File, FileFacts, Node, Shared};

/// The merged tree of a base. A clone shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseIndex {
    tree: Tree<File>,
}

const PREPARE_ROOT: &str = "/usr/lib/ostree/prepare-root.conf";
const PASSWD: [&str; 2] = ["/etc/passwd", "/usr/lib/passwd"];
const GROUP: [&str; 2] = ["/etc/group", "/usr/lib/group"];

impl BaseIndex {
    /// Returns the tree of at most `most` paths that layers make, lowest first. An error comes with the number of
    /// its layer.
    pub(super) fn of(
        layers: impl IntoIterator<Item = Changes<File>>,
        most: usize,
    ) -> Result<Self, (usize, LayerError)> {
        let mut tree = Tree::new();
        for (number, layer) in layers.into_iter().enumerate() {
            let applied = tree.apply_at_most(layer, LayerNumber::new(number), most);
            applied.map_err(|error| (number, error.into()))?;
        }
        forget_texts(&mut tree);
        Ok(Self { tree })
    }

    /// Returns the tree with one more layer, which is `number` in the image.
    pub(crate) fn with_layer(&self, layer: Changes<File>, number: LayerNumber) -> Result<Self, LayerError> {
        let mut tree = self.tree.clone();
        tree.apply(layer, number)?;
        Ok(Self { tree })
    }

    /// Returns the tree.
    pub(crate) fn tree(&self) -> &Tree<File> {
        &self.tree
    }

    /// The content of a file, symlinks followed, where it was kept: os-release, build-info,
    /// prepare-root.conf, accounts, systemd's units. Bytes that are not UTF-8 are replaced.
    pub(crate) fn text(&self, path: &ImagePath) -> Option<&str> {
        let entry = self.tree.get(&self.tree.follow(path).ok()?)?;
        file::facts(&entry.node.kind)?.text.as_deref()
    }

    /// The number of a user, from the base's passwd files.
    pub(crate) fn user(&self, name: &str) -> Option<u32> {
        self.account(PASSWD, name)
    }

    /// The number of a group, from the base's group files.
    pub(crate) fn group(&self, name: &str) -> Option<u32> {
        self.account(GROUP, name)
    }

    /// The name of a user, from the base's passwd files.
    pub(crate) fn user_name(&self, id: u32) -> Option<&str> {
        self.name(PASSWD, id)
    }

    /// The name of a group, from the base's group files.
    pub(crate) fn group_name(&self, id: u32) -> Option<&str> {
        self.name(GROUP, id)
    }

    /// Whether the base is sealed: its root is mounted only with a valid signature (ostree-prepare-root(1)).
    pub(crate) fn is_sealed(&self) -> bool {
        let mut section = "";
        let text = ImagePath::parse(PREPARE_ROOT).ok().and_then(|path| self.text(&path)).unwrap_or_default();
        text.lines().map(str::trim).any(|line| {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            }
            let setting = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            section == "composefs" && setting == Some(("enabled", "signed"))
        })
    }

    /// passwd(5) and group(5) have name and number in the same fields. root is 0 everywhere.
    fn account(&self, files: [&str; 2], name: &str) -> Option<u32> {
        let texts = files.iter().filter_map(|file| self.text(&ImagePath::parse(file).ok()?));
        let number = |line: &str| {
            let mut fields = line.split(':');
            if fields.next() == Some(name) { fields.nth(1)?.parse().ok() } else { None }
        };
        texts.flat_map(str::lines).find_map(number).or((name == "root").then_some(0))
    }

    fn name(&self, files: [&str; 2], id: u32) -> Option<&str> {
        let texts = files.iter().filter_map(|file| self.text(&ImagePath::parse(file).ok()?));
        let name = |line| {
            let mut fields = str::split(line, ':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(id)).then_some(name)
        };
        texts.flat_map(str::lines).find_map(name).or((id == 0).then_some("root"))
    }
}

/// Drops the texts that were kept for the names that link to a file, from the names that need none: in an
/// image that ostree made, files are hardlinks to objects that come before them.
fn forget_texts(tree: &mut Tree<File>) {
    let has_text = |entry: &Node<'_>| file::facts(&entry.node.kind).is_some_and(|facts| facts.text.is_some());
    let mut unwanted: Vec<_> = tree
        .walk()
        .filter(|(path, entry)| has_text(entry) && !wants_text(path))
        .map(|(path, entry)| (path, entry.node.clone(), entry.layer))
        .collect();
    file::forget(unwanted.iter_mut().filter_map(|(_, node, _)| node.kind.file_mut()));
    for (path, node, layer) in unwanted {
        tree.insert(&path, node, layer).expect("the path is in the tree");
    }
}

impl Serialize for BaseIndex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shared = Shared::of(&self.tree);
        shared.ok_or_else(|| serde::ser::Error::custom("a file was not read"))?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BaseIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Shared::<FileFacts>::deserialize(deserializer)?.into_tree();
        Ok(Self { tree: tree.ok_or_else(|| serde::de::Error::custom("a file is missing"))? })
    }
}
