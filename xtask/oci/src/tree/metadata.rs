//! What every inode has: permission bits, owner and extended attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use lapstrake::value::{Capabilities, Mode};
use serde::{Deserialize, Serialize};

/// The extended attribute that holds the capabilities of a program (capabilities(7)).
///
/// ```
/// # use lapstrake_oci::tree::CAPABILITY;
/// assert_eq!(CAPABILITY, "security.capability");
/// ```
pub const CAPABILITY: &str = "security.capability";

/// Permission bits, owner and extended attributes of an inode. No times: layers do not keep them.
///
/// ```
/// # use lapstrake::value::{Capabilities, Mode};
/// # use lapstrake_oci::tree::Metadata;
/// let caps = Capabilities::parse("cap_net_raw=ep")?;
/// let ping = Metadata::of_root(Mode::PROGRAM).with_capabilities(caps);
/// assert_eq!(ping.capabilities(), Some(caps));
/// assert_eq!((ping.uid, ping.gid), (0, 0));
/// # Ok::<_, lapstrake::value::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Metadata {
    /// Permission bits.
    #[serde(with = "bits")]
    pub mode: Mode,
    /// The number of the owner.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// Extended attributes.
    pub xattrs: Xattrs,
}

/// Extended attributes by name. Most inodes have none, and those take one word.
///
/// ```
/// # use lapstrake_oci::tree::Xattrs;
/// let xattrs: Xattrs = [("user.comment".to_owned(), b"hi".to_vec())].into_iter().collect();
/// assert_eq!(xattrs.get("user.comment"), Some(&b"hi"[..]));
/// assert!(Xattrs::default().is_empty() && !xattrs.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Xattrs(Option<Arc<BTreeMap<String, Vec<u8>>>>);

impl Metadata {
    /// Returns the metadata of an inode of root's without extended attributes.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// # use lapstrake_oci::tree::Metadata;
    /// assert!(Metadata::of_root(Mode::FILE).xattrs.is_empty());
    /// ```
    pub fn of_root(mode: Mode) -> Self {
        Self { mode, uid: 0, gid: 0, xattrs: Xattrs::default() }
    }

    /// Returns the metadata with these capabilities in place of its own.
    ///
    /// ```
    /// # use lapstrake::value::{Capabilities, Mode};
    /// # use lapstrake_oci::tree::{CAPABILITY, Metadata};
    /// let caps = Capabilities::parse("cap_net_raw=ep")?;
    /// let ping = Metadata::of_root(Mode::PROGRAM).with_capabilities(caps);
    /// assert_eq!(ping.xattrs.get(CAPABILITY), Some(&caps.to_xattr()[..]));
    /// # Ok::<_, lapstrake::value::Invalid>(())
    /// ```
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.xattrs.insert(CAPABILITY.to_owned(), capabilities.to_xattr().to_vec());
        self
    }

    /// Returns the capabilities of a program. None as well where they are not encoded as Lapstrake writes
    /// them; [`Xattrs::get`] has the bytes.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// # use lapstrake_oci::tree::Metadata;
    /// assert_eq!(Metadata::of_root(Mode::PROGRAM).capabilities(), None);
    /// ```
    pub fn capabilities(&self) -> Option<Capabilities> {
        Capabilities::from_xattr(self.xattrs.get(CAPABILITY)?)
    }
}

impl Xattrs {
    /// Returns the value of an attribute.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Xattrs;
    /// assert_eq!(Xattrs::default().get("security.capability"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.as_ref()?.get(name).map(Vec::as_slice)
    }

    /// Sets the value of an attribute.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Xattrs;
    /// let mut xattrs = Xattrs::default();
    /// xattrs.insert("user.a".to_owned(), b"1".to_vec());
    /// assert_eq!(xattrs.get("user.a"), Some(&b"1"[..]));
    /// ```
    pub fn insert(&mut self, name: String, value: Vec<u8>) {
        Arc::make_mut(self.0.get_or_insert_default()).insert(name, value);
    }

    /// Returns whether the inode has no attribute.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Xattrs;
    /// assert!(Xattrs::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the attributes, sorted by name.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Xattrs;
    /// let xattrs: Xattrs = [("b", "2"), ("a", "1")].map(|(name, value)| (name.into(), value.into())).into_iter().collect();
    /// assert!(xattrs.iter().map(|(name, _)| name).eq(["a", "b"]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().flat_map(|xattrs| xattrs.iter()).map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

impl FromIterator<(String, Vec<u8>)> for Xattrs {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(xattrs: I) -> Self {
        let xattrs: BTreeMap<_, _> = xattrs.into_iter().collect();
        Self((!xattrs.is_empty()).then(|| Arc::new(xattrs)))
    }
}

/// A mode as its number: four digits of text for each of 50,000 nodes take time.
mod bits {
    use lapstrake::value::Mode;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
        mode.bits().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
        let bits = u32::deserialize(deserializer)?;
        Mode::from_bits(bits)
            .ok_or_else(|| serde::de::Error::custom(format_args!("`0o{bits:o}` is not a mode")))
    }
}
