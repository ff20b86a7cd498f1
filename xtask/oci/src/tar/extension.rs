//! The extended headers before a member (POSIX.1-2001 pax and GNU), combined into what they say of it.

/// The pax keys that the reader uses. In a global header, podman ignores them and GNU tar applies them.
const KEYS: [&str; 5] = ["path", "linkpath", "size", "uid", "gid"];
const XATTR: &str = "SCHILY.xattr.";

/// The values that override those of the header that follows.
#[derive(Debug, Default)]
pub(super) struct Extension {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Extension {
    /// Applies records of the form `LENGTH KEY=VALUE\n`, where a value may hold any byte. Returns `None` if
    /// they do not parse.
    pub(super) fn apply(&mut self, mut records: &[u8]) -> Option<()> {
        while !records.is_empty() {
            let space = records.iter().take(8).position(|byte| *byte == b' ')?;
            let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
            let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
            records = &records[length..];
            let equals = record.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (std::str::from_utf8(&record[..equals]).ok()?, &record[equals + 1..]);
            let number = || std::str::from_utf8(value).ok()?.parse::<u64>().ok();
            match key {
                "path" => self.name = Some(value.to_vec()),
                "linkpath" => self.link = Some(value.to_vec()),
                "size" => self.size = Some(number()?),
                "uid" => self.uid = Some(number()?),
                "gid" => self.gid = Some(number()?),
                _ if key.starts_with("GNU.sparse.") => return None,
                _ => {
                    if let Some(name) = key.strip_prefix(XATTR) {
                        self.xattrs.push((name.as_bytes().to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Some(())
    }

    /// Returns the first key that is set.
    pub(super) fn first_key(&self) -> Option<&'static str> {
        let set = [
            self.name.is_some(),
            self.link.is_some(),
            self.size.is_some(),
            self.uid.is_some(),
            self.gid.is_some(),
        ];
        let xattr = (!self.xattrs.is_empty()).then_some(XATTR);
        KEYS.into_iter().zip(set).find(|(_, set)| *set).map(|(key, _)| key).or(xattr)
    }
}

/// Returns a GNU long name up to its NUL.
pub(super) fn up_to_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}
