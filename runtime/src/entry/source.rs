//! The source of an entry's content. It must not open a file: content is read when the image is built.

use super::BuildStage;
use crate::Parsed;
use crate::faults::{Fault, Faults};
use crate::value::{Asset, ContentDigest, FetchUrl, ImagePath};

/// The content of a file: an asset, text in the description itself, or what a stage makes.
///
/// ```
/// use lapstrake::entry::{File, Source};
/// use lapstrake::value::Asset;
///
/// let motd = File::new("deploy/motd", "/etc/motd");
/// assert_eq!(motd.source, Source::Asset(Asset::new("deploy/motd")));
/// let motd = File::text("Hello", "/etc/motd");
/// assert_eq!(motd.source, Source::Text("Hello".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A file of the workspace, read when it is staged.
    Asset(Asset),
    /// These bytes, as they are: nothing is added or expanded.
    Text(String),
    /// A file that a build stage makes, and its path in the stage.
    BuildStage(Box<BuildStage>, Parsed<ImagePath>),
    /// A file that is downloaded, and the digest that it must have.
    Fetched(Parsed<FetchUrl>, Parsed<ContentDigest>),
}

impl Faults for Source {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::BuildStage(stage, path) => {
                stage.faults(found);
                path.faults(found);
            }
            Self::Fetched(url, digest) => {
                url.faults(found);
                digest.faults(found);
            }
            Self::Asset(_) | Self::Text(_) => {}
        }
    }
}

/// Lets a file of the workspace stand for an entry that has it, under the file's own name.
macro_rules! from_file {
    ($entry:ident: $($source:ty),*) => {
        $(impl From<$source> for $entry {
            #[track_caller]
            fn from(source: $source) -> Self {
                Self::file(source)
            }
        })*
    };
}
pub(super) use from_file;
