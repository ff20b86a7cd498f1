//! Why an image can't be compared.

use lapstrake::value::ImageName;

use crate::base::BaseError;
use crate::support::explain::{Exit, Explain};

/// An image can't be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    #[error("the store has no build of image `{image}`")]
    NeverBuilt { image: ImageName },
    #[error("the store has no build `{image}~{back}`")]
    NoBuild { image: ImageName, back: usize, builds: usize },
    #[error("`{name}` can't be read")]
    Unreadable { name: String, source: BaseError },
}

impl Explain for CompareError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NeverBuilt { image } => Some(format!("run `cargo xtask image build {image}`")),
            Self::NoBuild { image, builds: 1, .. } => {
                Some(format!("there is only `{image}`; the next build has it as `{image}~1`"))
            }
            Self::NoBuild { image, builds, .. } => {
                Some(format!("there are `{image}` to `{image}~{}`", builds - 1))
            }
            // The help about a base names a line of the description.
            Self::Unreadable { source: BaseError::Architecture { .. } | BaseError::Moved { .. }, .. } => None,
            Self::Unreadable { source, .. } => source.help(),
        }
    }

    fn exit(&self) -> Exit {
        Exit::Failure
    }
}
