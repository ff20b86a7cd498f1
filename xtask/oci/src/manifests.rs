//! Reads the list of images in an `index.json`.

use lapstrake::value::Architecture;

use crate::{ANNOTATION_REF_NAME, Descriptor, Index, LayoutError};

/// The most images that a message lists.
const LISTED_MAX: usize = 20;

/// Holds the images that an `index.json` lists.
///
/// ```
/// use lapstrake_oci::Manifests;
///
/// let none = Manifests::parse(br#"{"schemaVersion":2,"manifests":[]}"#)?;
/// assert_eq!(none.find(None, None).unwrap_err().to_string(), "the layout lists no image");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Manifests(Vec<Descriptor>);

impl Manifests {
    /// Parses an `index.json`. The caller limits its size.
    ///
    /// # Errors
    ///
    /// Fails if the document is not an image index.
    pub fn parse(index: &[u8]) -> Result<Self, serde_json::Error> {
        let index: Index = serde_json::from_slice(index)?;
        Ok(Self(index.manifests))
    }

    /// Returns the image with a tag, or without a tag the only image. If several fit, `architecture` decides.
    ///
    /// # Errors
    ///
    /// Fails if no image fits, or if several do.
    pub fn find(
        &self,
        tag: Option<&str>,
        architecture: Option<Architecture>,
    ) -> Result<&Descriptor, LayoutError> {
        let fits = |entry: &&Descriptor| tag.is_none() || name(entry) == tag;
        let candidates: Vec<_> = self.0.iter().filter(fits).collect();
        let for_architecture = |entry: &Descriptor| {
            let platform = entry.platform.as_ref();
            architecture.is_some()
                && platform.map(|platform| platform.architecture.as_str())
                    == architecture.map(Architecture::as_str)
        };
        match (candidates.as_slice(), tag) {
            ([one], _) => Ok(one),
            ([], Some(tag)) => {
                Err(LayoutError::NoTag { tag: tag.escape_debug().to_string(), known: self.known() })
            }
            ([], None) => Err(LayoutError::Empty),
            (several, _) => {
                let images = || several.iter().filter(|entry| entry.is_image());
                let fitting: Vec<_> = images().filter(|entry| for_architecture(entry)).collect();
                let all: Vec<_> = images().collect();
                match (fitting.as_slice(), all.as_slice()) {
                    ([one], _) | ([], [one]) => Ok(one),
                    _ => Err(LayoutError::Ambiguous { known: self.known() }),
                }
            }
        }
    }

    /// Returns the entries of all images.
    ///
    /// ```
    /// # use lapstrake_oci::Manifests;
    /// let none = Manifests::parse(br#"{"schemaVersion":2,"manifests":[]}"#)?;
    /// assert!(none.descriptors().is_empty());
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn descriptors(&self) -> &[Descriptor] {
        &self.0
    }

    /// Lists the images in words.
    fn known(&self) -> String {
        let words = |entry: &Descriptor| match name(entry) {
            Some(tag) => format!("`{}`", tag.escape_debug()),
            None => format!("an untagged `{}`", entry.digest),
        };
        if self.0.is_empty() {
            "no image".to_owned()
        } else {
            let mut known: Vec<_> = self.0.iter().take(LISTED_MAX).map(words).collect();
            if let Some(more) = self.0.len().checked_sub(LISTED_MAX).filter(|more| *more > 0) {
                known.push(format!("and {more} more"));
            }
            known.join(", ")
        }
    }
}

fn name(entry: &Descriptor) -> Option<&str> {
    entry.annotation(ANNOTATION_REF_NAME)
}

#[cfg(test)]
mod tests {
    use lapstrake::value::Architecture;

    use super::Manifests;
    use crate::{Digest, MediaType};

    impl Manifests {
        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }
    }

    #[test]
    fn of_one_tag_the_architecture_decides() {
        let entry = |architecture: &str| {
            let digest = Digest::of(architecture.as_bytes());
            format!(
                r#"{{"mediaType":"{}","digest":"{digest}","size":1,"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
                MediaType::ImageManifest
            )
        };
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#, entry("amd64"), entry("arm64"));
        let manifests = Manifests::parse(index.as_bytes()).unwrap();
        let found = manifests.find(None, Some(Architecture::Arm64)).unwrap();
        assert_eq!(found.parse_digest(), Ok(Digest::of(b"arm64")));
        manifests.find(None, None).unwrap_err();
    }
}
