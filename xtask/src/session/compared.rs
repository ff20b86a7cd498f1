//! Finds and reads the images that are compared: builds of the store, and images of other places.

use std::collections::HashSet;
use std::fs;
use std::io::BufReader;

use lapstrake::TransportRef;
use lapstrake::value::{Architecture, ImageName};

use super::compare_error::CompareError;
use super::lower_files::TextError;
use super::{Failure, Session};
use crate::base::{self, Base, BaseRequest, read_contents};
use crate::difference::{Database, Packages, Side, database};
use lapstrake_oci::{Blobs, Decompressor, Digest, Layout};

const BUFFER: usize = 256 << 10;

/// An image that is compared, as a user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compared {
    /// A build of an image of the description, so many builds before the last one.
    Build { image: ImageName, back: usize },
    /// An image in another place.
    Reference(TransportRef),
}

impl std::fmt::Display for Compared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Build { image, back: 0 } => image.fmt(f),
            Self::Build { image, back } => write!(f, "{image}~{back}"),
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

impl Session<'_> {
    /// Reads an image to compare it. `architecture` is taken of an image for several.
    pub(crate) fn compared(
        &self,
        compared: &Compared,
        architecture: Option<Architecture>,
    ) -> Result<Side, Failure> {
        let name = compared.to_string();
        let (place, pinned) = match compared {
            Compared::Build { image, back } => {
                let (place, manifest) = self.build_of(image, *back)?;
                (place, Some(manifest))
            }
            Compared::Reference(reference) => (reference.clone(), None),
        };
        let unreadable = |source| CompareError::Unreadable { name: name.clone(), source };
        let offline = self.request.offline;
        let (pinned, compared) = (pinned.as_ref(), Some(name.as_str()));
        let demand = BaseRequest { architecture, pinned, offline, compared };
        let image = base::open(&place, &place, demand, &self.cache, self.progress).map_err(unreadable)?;
        let packages = self.packages(&place, &image);
        Ok(Side { name, image, packages })
    }

    /// Returns the layout of the store, and the manifest of a build.
    fn build_of(&self, image: &ImageName, back: usize) -> Result<(TransportRef, Digest), CompareError> {
        let store = self.existing_store();
        let builds = store.as_ref().map(|store| store.builds(image)).unwrap_or_default();
        let never = || CompareError::NeverBuilt { image: image.clone() };
        let store = store.filter(|_| !builds.is_empty()).ok_or_else(never)?;
        let (image, count) = (image.clone(), builds.len());
        let place = TransportRef::Oci { dir: store.layout.root().to_owned(), tag: Some(image.to_string()) };
        let found = builds.into_iter().rev().nth(back);
        let manifest = found.ok_or(CompareError::NoBuild { image, back, builds: count })?;
        Ok((place, manifest))
    }

    /// Reads the packages of an image out of its rpm database.
    fn packages(&self, place: &TransportRef, image: &Base) -> Packages {
        let (size, digest, layer) = match database(&image.index) {
            Database::None => return Packages::None,
            Database::Unreadable(reason) => return Packages::Unknown(reason),
            Database::File { size, digest, layer } => (size, digest, layer),
        };
        let layout = match place {
            TransportRef::Oci { dir, .. } => Layout::open(dir).ok(),
            _ => None,
        };
        let places = [layout.as_ref().map(Layout::blobs), Some(self.cache.blobs())];
        let wanted = HashSet::from([(size, digest.clone())]);
        // A hardlink of a layer can name a file of one below it.
        for number in (0..=layer.get()).rev() {
            let Some(layer) = image.layers.get(number) else { continue };
            match read(places.iter().flatten().copied(), (&layer.digest, layer.size), &wanted) {
                Ok(found) => {
                    if let Some(bytes) = found.get(&digest) {
                        return Packages::read(bytes);
                    }
                }
                Err(error) => return Packages::Unknown(format!("its rpm database can't be read: {error}")),
            }
        }
        Packages::Unknown("no layer has its rpm database".to_owned())
    }
}

/// Reads files out of the blob of a layer.
fn read<'b>(
    mut places: impl Iterator<Item = &'b Blobs>,
    (digest, size): (&Digest, u64),
    wanted: &HashSet<(u64, Digest)>,
) -> Result<std::collections::HashMap<Digest, Vec<u8>>, TextError> {
    let blob: fs::File = places.find_map(|blobs| blobs.reader(digest, size).ok()).ok_or(TextError::Gone)?;
    let tar = Decompressor::new(BufReader::with_capacity(BUFFER, blob))?.limited();
    Ok(read_contents(&mut BufReader::with_capacity(BUFFER, tar), wanted)?)
}
